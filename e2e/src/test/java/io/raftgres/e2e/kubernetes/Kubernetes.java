package io.raftgres.e2e.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.raftgres.e2e.Await;
import java.time.Duration;
import java.util.concurrent.Callable;

/** The API server that KUBECONFIG names, for all tests of a run. */
final class Kubernetes {
    private Kubernetes() {}

    static final ObjectMapper JSON = new ObjectMapper();

    /** Asked twice a second: what is measured is measured in the client pod, and the machine may be small. */
    private static final long POLL_MILLIS = 500;

    private static final int REQUEST_MILLIS = 120_000;

    static final KubernetesClient CLIENT = new KubernetesClientBuilder()
            // Not repeated in secret: a refused eviction would become one that was granted later.
            .withConfig(new ConfigBuilder()
                    .withRequestTimeout(REQUEST_MILLIS)
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .build();

    static <T> T await(String what, Duration most, Callable<T> probe) throws Exception {
        return await(what, most, () -> "", probe);
    }

    /**
     * Waits for a condition. An API server that refuses or cannot be asked: not yet.
     *
     * @param said what to say of the state when it does not come
     * @param probe null: not yet
     */
    static <T> T await(String what, Duration most, Await.Said said, Callable<T> probe) throws Exception {
        return Await.until(what, most, POLL_MILLIS, said, KubernetesClientException.class::isInstance, probe);
    }

    /**
     * A request through the API server to a port of a pod.
     *
     * @param method GET or POST
     * @return null when it has no response
     */
    static JsonNode askPod(String namespace, String pod, int port, String method, String path) {
        String response = CLIENT.raw(
                "/api/v1/namespaces/" + namespace + "/pods/" + pod + ":" + port + "/proxy" + path, method, null);
        try {
            return response == null || response.isBlank() ? null : JSON.readTree(response);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not JSON, from " + pod + path + ": " + response, e);
        }
    }
}
