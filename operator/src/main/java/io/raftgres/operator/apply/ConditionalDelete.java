package io.raftgres.operator.apply;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Map;

/** Deletes an object with a precondition, so that a late delete does no harm. */
final class ConditionalDelete {

    private ConditionalDelete() {}

    /**
     * An object that is gone counts as deleted.
     *
     * @param api path of the API, such as {@code /apis/apps/v1}
     * @param plural of the kind, in small letters
     * @param preconditions uid or resourceVersion that the object must have
     * @param propagation Kubernetes' policy for its dependents
     * @throws KubernetesClientException when the API server refuses; 409: the object does not meet a precondition
     */
    static void run(
            KubernetesClient client,
            String api,
            String namespace,
            String plural,
            String name,
            Map<String, String> preconditions,
            String propagation) {
        try {
            client.raw(
                    api + "/namespaces/" + namespace + "/" + plural + "/" + name,
                    "DELETE",
                    Map.of(
                            "kind",
                            "DeleteOptions",
                            "apiVersion",
                            "v1",
                            "propagationPolicy",
                            propagation,
                            "preconditions",
                            preconditions));
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
        }
    }
}
