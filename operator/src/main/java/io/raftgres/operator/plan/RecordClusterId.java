package io.raftgres.operator.plan;

import io.raftgres.operator.model.Observed;
import java.util.Optional;

/**
 * Records the cluster's id when the first leader is elected, so that blank members join from then on. If the nodes
 * later report another cluster's id, the operator changes nothing in either cluster.
 *
 * <p>Before: cluster k1 has its first leader. After: k1 is in the ConfigMap and on the claims.
 */
final class RecordClusterId implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        Observed observed = seen.observed();
        if (seen.leader().isEmpty()) {
            return Optional.empty();
        }
        String id = observed.raft().orElseThrow().clusterId();
        if (!observed.formed() || observed.clusterId().isEmpty()) {
            return Optional.of(new Step.MarkFormed(id));
        }
        String noted = observed.clusterId().get();
        return noted.equals(id)
                ? Optional.empty()
                : Rule.stuck("the nodes belong to cluster " + id
                        + ", but this RaftCluster's id is " + noted
                        + ". Check which RaftCluster owns these PersistentVolumeClaims. The operator changes nothing"
                        + " until then."
                        + " Only if a recovery made cluster " + id + ", accept it: kubectl patch configmap "
                        + observed.cluster()
                        + "-bootstrap --type merge -p '{\"data\":{\"clusterId\":\"\"}}', and delete the claims of"
                        + " members that do not join it");
    }

    @Override
    public boolean isGate() {
        return true;
    }
}
