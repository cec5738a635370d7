package io.raftgres.operator.plan;

import io.raftgres.operator.model.PodView;
import java.util.Optional;

/**
 * Restores pods that may be needed for a quorum: after hibernation, after a recovery, or after an administrator has
 * lowered the StatefulSet's replicas by hand. All of them start at once. While there is a leader, the cluster scales in
 * single steps instead.
 *
 * <p>Before: 3 claims, 0 replicas and no leader. After: 3 replicas.
 */
final class RestoreReplicas implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        if (seen.leader().isPresent()) {
            return Optional.empty();
        }
        if (seen.members().isEmpty() && seen.pods().stream().anyMatch(PodView::ready)) {
            // These pods have a leader, though the operator sees none.
            return Optional.empty();
        }
        Optional<String> missing = missing(seen);
        if (missing.isPresent()) {
            return Rule.stuck(missing.get());
        }
        int needed = needed(seen);
        int from = seen.replicas();
        return from >= needed
                ? Optional.empty()
                : Optional.of(new Step.SetReplicas(
                        from,
                        needed,
                        from == 0
                                ? "the cluster ends its hibernation or recovery"
                                : "there is no leader, and members without a pod may be needed for a quorum"));
    }

    @Override
    public boolean isGate() {
        return true;
    }

    private static int needed(ClusterState seen) {
        return seen.members().isEmpty()
                ? replicas(seen)
                : 1 + seen.members().stream().mapToInt(seen::ordinalOf).max().orElse(-1);
    }

    /** @return the number of replicas with which every possible member has a pod */
    static int replicas(ClusterState seen) {
        int first = seen.observed().firstMembers() > 0
                ? seen.observed().firstMembers()
                : seen.wanted().replicas();
        return seen.observed().formed() ? seen.highest() : Math.max(first, seen.highest());
    }

    /** @return the remedy when all claims and pods are gone; empty otherwise */
    static Optional<String> missing(ClusterState seen) {
        boolean gone = seen.observed().formed()
                && seen.observed().claims().isEmpty()
                && seen.observed().pods().isEmpty();
        return gone
                ? Optional.of("every PersistentVolumeClaim of this cluster is gone, and its data with them. Restore"
                        + " the claims from"
                        + " snapshots under their names (data-" + seen.name(0)
                        + " and so on), or delete the RaftCluster and"
                        + " apply it again to begin with an empty cluster")
                : Optional.empty();
    }
}
