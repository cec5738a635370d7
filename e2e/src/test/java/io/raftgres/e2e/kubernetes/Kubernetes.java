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

    /** Asks twice a second. The client pod does the measuring, and the machine may be small. */
    private static final long POLL_MILLIS = 500;

    private static final int REQUEST_MILLIS = 120_000;

    static final KubernetesClient CLIENT = new KubernetesClientBuilder()
            // The client does not repeat requests by itself: a refused eviction would become a later, granted one.
            .withConfig(new ConfigBuilder()
                    .withRequestTimeout(REQUEST_MILLIS)
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .build();

    static <T> T await(String what, Duration most, Callable<T> probe) throws Exception {
        return await(what, most, () -> "", probe);
    }

    /**
     * Waits for a condition. A refusal by the API server, or a lost connection to it, means: not yet.
     *
     * @param said describes the state in the failure's message
     * @param probe returns null for: not yet
     */
    static <T> T await(String what, Duration most, Await.Said said, Callable<T> probe) throws Exception {
        return Await.until(what, most, POLL_MILLIS, said, KubernetesClientException.class::isInstance, probe);
    }

    /**
     * Sends a request to a port of a pod, through the API server.
     *
     * @param method GET or POST
     * @return null if there is no response
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
