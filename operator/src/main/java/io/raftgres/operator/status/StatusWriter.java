package io.raftgres.operator.status;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import io.raftgres.operator.resource.Names;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Map;

/** Writes the status of a RaftCluster when it has changed, and nothing else. */
@ApplicationScoped
public class StatusWriter {

    @Inject
    KubernetesClient client;

    public void write(RaftCluster cluster, RaftClusterStatus status) {
        if (status.equals(cluster.getStatus())) {
            return;
        }
        RaftCluster written = new RaftCluster();
        written.setMetadata(new ObjectMetaBuilder()
                .withNamespace(cluster.getMetadata().getNamespace())
                .withName(cluster.getMetadata().getName())
                // The uid prevents a write to a later RaftCluster of the same name.
                .withUid(cluster.getMetadata().getUid())
                .build());
        written.setStatus(status);
        client.resource(written)
                .subresource("status")
                .patch(new PatchContext.Builder()
                        .withPatchType(PatchType.SERVER_SIDE_APPLY)
                        .withFieldManager(Names.MANAGER)
                        .withForce(true)
                        .build());
    }

    /** @param clusterId of the old cluster, whose recovery has finished */
    public void recovered(RaftCluster cluster, String clusterId) {
        client.resource(cluster)
                .subresource("status")
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        client.getKubernetesSerialization()
                                .asJson(Map.of("status", Map.of("recoveredFrom", clusterId))));
    }
}
