package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How a member without data begins: with the others as a new cluster, or by joining the one that there is. Pods read it
 * when they start, so that the pod template never changes with it. It is state, not a wish: written when the cluster is
 * made, formed and recovered, and never rebuilt from the spec.
 *
 * @param first how many members a new cluster begins with; 0 when formed
 * @param clusterId empty while not formed, and after a recovery until the new cluster has a leader
 * @param clusterName what the id of a new cluster is made from, once
 * @param image of the node: the operator's choice at creation
 */
public record BootstrapConfig(int first, boolean formed, Optional<String> clusterId, String clusterName, String image) {

    private static final String IMAGE = "raftgres.io/image";

    /** @param id of the cluster whose data is there already */
    public static BootstrapConfig initial(RaftCluster cluster, Optional<String> id, boolean formed, String image) {
        Names names = Names.of(cluster);
        String name = names.namespace() + "/" + names.cluster() + "/"
                + cluster.getMetadata().getUid();
        return new BootstrapConfig(formed ? 0 : cluster.getSpec().replicas(), formed, id, name, image);
    }

    public static BootstrapConfig of(ConfigMap map) {
        Map<String, String> data = map.getData() == null ? Map.of() : map.getData();
        String peers = data.getOrDefault("peers", "");
        Map<String, String> annotations = map.getMetadata().getAnnotations();
        return new BootstrapConfig(
                peers.isBlank() ? 0 : peers.split(",").length,
                Boolean.parseBoolean(data.get("formed")),
                Optional.of(data.getOrDefault("clusterId", "")).filter(id -> !id.isBlank()),
                data.getOrDefault("clusterName", ""),
                annotations == null ? "" : annotations.getOrDefault(IMAGE, ""));
    }

    public BootstrapConfig formed(String id) {
        return new BootstrapConfig(0, true, Optional.of(id), clusterName, image);
    }

    /** The cluster is another one from now on; its id is not known yet. */
    public BootstrapConfig recovered() {
        return new BootstrapConfig(0, true, Optional.empty(), clusterName, image);
    }

    public ConfigMap build(RaftCluster cluster) {
        Names names = Names.of(cluster);
        String peers = IntStream.range(0, first)
                .mapToObj(names::member)
                .map(member -> member + "=" + names.address(member))
                .collect(Collectors.joining(","));
        return new ConfigMapBuilder()
                .withMetadata(names.metadata(names.bootstrapConfig(), cluster))
                .editMetadata()
                .addToAnnotations(IMAGE, image)
                .endMetadata()
                .addToData("peers", peers)
                .addToData("join", formed ? names.join() : "")
                .addToData("formed", String.valueOf(formed))
                .addToData("clusterId", clusterId.orElse(""))
                .addToData("clusterName", clusterName)
                .build();
    }
}
