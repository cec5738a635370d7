package io.raftgres.operator;

import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.vertx.VertxHttpClientBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Builds HTTP clients that close a connection in use when nothing arrives on it for a time. If a machine loses power,
 * or a firewall forgets a connection, neither end is told. A watch would then wait for 5 to 12 minutes, and its cache
 * would look current. The client opens a closed watch again, from the resourceVersion that it has.
 *
 * @param silence longer than the minute between two bookmarks that the API server sends on each watch
 */
record ApiConnections(Vertx vertx, Duration silence) implements HttpClient.Factory {

    @Override
    public VertxHttpClientBuilder<ApiConnections> newBuilder() {
        return new VertxHttpClientBuilder<>(this, limited());
    }

    /** The client's builder has no such option: it is set where the builder uses its options. */
    private Vertx limited() {
        return (Vertx) Proxy.newProxyInstance(
                ApiConnections.class.getClassLoader(), new Class<?>[] {Vertx.class}, (self, method, arguments) -> {
                    if (arguments != null && arguments[0] instanceof HttpClientOptions options) {
                        options.setIdleTimeoutUnit(TimeUnit.MILLISECONDS).setReadIdleTimeout((int) silence.toMillis());
                    }
                    try {
                        return method.invoke(vertx, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
