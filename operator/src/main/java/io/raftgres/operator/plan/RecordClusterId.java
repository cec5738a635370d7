package io.raftgres.operator.plan;

import java.util.Optional;

/**
 * The first leader is noted, so that blank members join from then on. Should the nodes ever answer for another cluster
 * than the one that was noted, nothing is done to either.
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
                : Rule.stuck("the nodes answer for cluster " + id
                        + ", but this is cluster " + noted
                        + ": find out whose claims these are. Nothing is changed meanwhile."
                        + " Only if a recovery has made that cluster, accept it: kubectl patch configmap "
                        + observed.cluster()
                        + "-bootstrap --type merge -p '{\"data\":{\"clusterId\":\"\"}}', and delete the claims of"
                        + " members that do not join it");
    }

    @Override
    public boolean holdsUpTheRest() {
        return true;
    }
}
