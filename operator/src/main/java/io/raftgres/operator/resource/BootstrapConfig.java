package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Tells a member without data how to begin: as part of a new cluster, or by joining the existing one. Pods read it when
 * they start, so the pod template does not depend on it. It is state: written when the cluster is created, formed and
 * recovered, and never rebuilt from the spec.
 *
 * @param first number of members with which a new cluster begins; 0 when formed
 * @param clusterId empty while not formed, and after a recovery until the new cluster has a leader
 * @param clusterName text from which the id of a new cluster is derived, once
 * @param image of the node, as the operator chose it at creation
 * @param assignedUser whether Kubernetes assigns the pods' user, as it was at creation; the data belongs to that user
 */
public record BootstrapConfig(
        int first, boolean formed, Optional<String> clusterId, String clusterName, String image, boolean assignedUser) {

    /**
     * Annotation of claims, from the template of a set that was created before the cluster had a leader: the number of
     * its first members and its name.
     */
    public static final String BEGUN_AS = "raftgres.io/begun-as";

    private static final String IMAGE = "raftgres.io/image";
    private static final String ASSIGNED_USER = "raftgres.io/assigned-user";

    /** @param id of the cluster to which existing data belongs */
    public static BootstrapConfig initial(
            RaftCluster cluster, Optional<String> id, boolean formed, String image, boolean assignedUser) {
        int first = formed ? 0 : cluster.getSpec().replicas();
        return new BootstrapConfig(first, formed, id, nameOf(cluster), image, assignedUser);
    }

    /** @return the name of a new cluster, which no other RaftCluster has */
    public static String nameOf(RaftCluster cluster) {
        Names names = Names.of(cluster);
        return names.namespace() + "/" + names.cluster() + "/"
                + cluster.getMetadata().getUid();
    }

    /** @param begunAs the annotation {@link #BEGUN_AS} of the claims of a cluster that had no leader yet */
    public static BootstrapConfig again(String begunAs, String image, boolean assignedUser) {
        String name = begunAs.substring(begunAs.indexOf(' ') + 1);
        return new BootstrapConfig(first(begunAs).orElseThrow(), false, Optional.empty(), name, image, assignedUser);
    }

    /** @return the number of first members in an annotation {@link #BEGUN_AS}; empty when it has another form */
    public static OptionalInt first(String begunAs) {
        return begunAs.matches("[1-9] .+") ? OptionalInt.of(begunAs.charAt(0) - '0') : OptionalInt.empty();
    }

    /** @return the annotation {@link #BEGUN_AS} of the claims; empty when the cluster has had a leader */
    public Optional<String> begunAs() {
        return formed || clusterName.isEmpty() ? Optional.empty() : Optional.of(first + " " + clusterName);
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
                annotations == null ? "" : annotations.getOrDefault(IMAGE, ""),
                annotations != null && Boolean.parseBoolean(annotations.get(ASSIGNED_USER)));
    }

    public BootstrapConfig formed(String id) {
        return new BootstrapConfig(0, true, Optional.of(id), clusterName, image, assignedUser);
    }

    /** After a recovery: the data belongs to a new cluster whose id is not known yet. */
    public BootstrapConfig recovered() {
        return new BootstrapConfig(0, true, Optional.empty(), clusterName, image, assignedUser);
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
                .addToAnnotations(assignedUser ? Map.of(ASSIGNED_USER, "true") : Map.of())
                .endMetadata()
                .addToData("peers", peers)
                .addToData("join", formed ? names.join() : "")
                .addToData("formed", String.valueOf(formed))
                .addToData("clusterId", clusterId.orElse(""))
                .addToData("clusterName", clusterName)
                .build();
    }
}
