package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.raftgres.operator.raft.NodeResponse;
import io.raftgres.operator.resource.BootstrapConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The live objects of one cluster.
 *
 * @param pods the members' pods, by ordinal
 * @param growable names of the storage classes that allow expansion
 * @param responses the nodes' responses, by pod name
 */
public record Live(
        Optional<BootstrapConfig> bootstrap,
        Optional<StatefulSet> set,
        List<Pod> pods,
        List<PersistentVolumeClaim> claims,
        Optional<Pod> recovery,
        Set<String> growable,
        Map<String, NodeResponse> responses) {}
