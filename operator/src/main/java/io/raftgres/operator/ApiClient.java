package io.raftgres.operator;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The client of the Kubernetes API. It counts its calls as {@code raftgres_operator_api_calls_total}, by what a role would
 * have to allow: so a role can be compared with what is used.
 */
class ApiClient {

    private static final String COUNTER = "counts-calls";

    @Produces
    @Singleton
    KubernetesClient client(KubernetesSerialization serialization, Config config, MeterRegistry registry) {
        return new KubernetesClientBuilder()
                .withKubernetesSerialization(serialization)
                .withConfig(config)
                .withHttpClientBuilderConsumer(builder -> builder.addOrReplaceInterceptor(COUNTER, counting(registry)))
                .build();
    }

    void close(@Disposes KubernetesClient client) {
        client.close();
    }

    private static Interceptor counting(MeterRegistry registry) {
        Map<ApiCall, Counter> counters = new ConcurrentHashMap<>();
        return new Interceptor() {
            @Override
            public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
                ApiCall.of(request.method(), request.uri(), request.header("Content-Type"))
                        .ifPresent(call -> counters.computeIfAbsent(call, it -> counter(registry, it)).increment());
            }
        };
    }

    private static Counter counter(MeterRegistry registry, ApiCall call) {
        return Counter.builder("raftgres.operator.api.calls")
                .description("Calls of the Kubernetes API, in the words of roles; 'apply' needs patch and create")
                .tag("verb", call.verb()).tag("group", call.group()).tag("resource", call.resource())
                .register(registry);
    }
}
