package io.raftgres.operator.status;

import static io.raftgres.operator.time.MonotonicClock.CLOCK;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import io.raftgres.operator.resource.Names;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Writes the status of a RaftCluster when it has changed. Indexes and small lags may be five minutes old. */
@ApplicationScoped
public class StatusWriter {

    @Inject
    KubernetesClient client;

    private static final Duration REFRESHED = Duration.ofMinutes(5);
    private static final int CLUSTERS_MAX = 10_000;

    /** When the status of a cluster was last written or found right, by its uid. */
    private final Map<String, Instant> fresh = new ConcurrentHashMap<>();

    /** @return whether {@link #write} would write this status */
    public boolean isNews(RaftCluster cluster, RaftClusterStatus status) {
        if (status.equals(cluster.getStatus())) {
            return false;
        }
        Instant last = fresh.get(cluster.getMetadata().getUid());
        return last == null
                || last.plus(REFRESHED).isBefore(CLOCK.instant())
                || !CoarseStatus.isSame(cluster.getStatus(), status);
    }

    public void write(RaftCluster cluster, RaftClusterStatus status) {
        if (!isNews(cluster, status)) {
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
        if (fresh.size() >= CLUSTERS_MAX) {
            fresh.clear();
        }
        fresh.put(cluster.getMetadata().getUid(), CLOCK.instant());
    }

    /** The RaftCluster is gone. */
    public void forget(RaftCluster cluster) {
        fresh.remove(cluster.getMetadata().getUid());
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
