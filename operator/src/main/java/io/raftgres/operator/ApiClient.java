package io.raftgres.operator;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The client of the Kubernetes API. It counts its calls in {@code raftgres_operator_api_calls_total}, by the permission
 * that each needs, so that a role can be compared with the calls.
 */
class ApiClient {

    private static final String COUNTER = "counts-calls";

    /** Two bookmarks of the API server may be missed. */
    private static final Duration SILENCE = Duration.ofMinutes(2);

    @Produces
    @Singleton
    KubernetesClient client(KubernetesSerialization serialization, Config config, MeterRegistry registry, Vertx vertx) {
        return client(serialization, config, registry, new ApiConnections(vertx, SILENCE));
    }

    static KubernetesClient client(
            KubernetesSerialization serialization, Config config, MeterRegistry registry, ApiConnections connections) {
        return new KubernetesClientBuilder()
                .withHttpClientFactory(connections)
                .withKubernetesSerialization(serialization)
                .withConfig(config)
                .withHttpClientBuilderConsumer(builder -> builder.addOrReplaceInterceptor(COUNTER, counting(registry)))
                .build();
    }

    void close(@Disposes KubernetesClient client) {
        client.close();
    }

    private static Interceptor counting(MeterRegistry registry) {
        Map<ApiCall, LongAdder> counters = new ConcurrentHashMap<>();
        return new Interceptor() {
            @Override
            public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
                ApiCall.of(request.method(), request.uri(), request.header("Content-Type"))
                        .ifPresent(call -> counters.computeIfAbsent(call, it -> counter(registry, it))
                                .increment());
            }
        };
    }

    /** A separate adder: calls counted before the registry has its exporter are kept. */
    private static LongAdder counter(MeterRegistry registry, ApiCall call) {
        LongAdder calls = new LongAdder();
        FunctionCounter.builder("raftgres.operator.api.calls", calls, LongAdder::sum)
                .description("Calls of the Kubernetes API, by the permission that they need; 'apply' needs patch and"
                        + " create")
                .tag("verb", call.verb())
                .tag("group", call.group())
                .tag("resource", call.resource())
                .register(registry);
        return calls;
    }
}
