package io.raftgres.operator.model;

import java.util.Optional;

/**
 * A pod of the StatefulSet.
 *
 * @param version resource version of the pod as it was read: it differs once anything of the pod has changed, or it
 *     is another pod
 * @param ready Kubernetes counts it as ready
 * @param current it has the StatefulSet's newest revision
 * @param removed the node reports that the cluster has removed the member to which its data belongs
 * @param trouble why it does not run and what to do, in a sentence; empty when it runs or has just started. A pod
 *     that is not ready because the cluster has no leader has no trouble; one that has not started after minutes
 *     has
 * @param confirmed the trouble is certain at this moment, so that nothing stops when the pod is deleted: it is on no
 *     machine, or its node has sent an error, or it refuses connections and its container does not run. What a
 *     machine has reported earlier confirms nothing alone: it may be cut off from the API server, and its node may
 *     serve behind the cut
 * @param silence why its node gave the operator no status; empty when it did, and when it was not asked
 */
public record PodView(
        int ordinal,
        String version,
        boolean ready,
        boolean current,
        boolean terminating,
        boolean removed,
        Optional<String> trouble,
        boolean confirmed,
        Optional<String> silence) {}
