package io.raftgres.operator.apply;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Map;

/** Changes some fields of an object's metadata, by a JSON merge patch. */
final class MetadataPatch {

    private MetadataPatch() {}

    /**
     * @param metadata the fields with their new values; a uid or resourceVersion among them is a precondition
     * @throws KubernetesClientException when the API server refuses; 404: the object is gone
     */
    static void merge(KubernetesClient client, HasMetadata object, Map<String, Object> metadata) {
        client.resource(object)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        client.getKubernetesSerialization().asJson(Map.of("metadata", metadata)));
    }
}
