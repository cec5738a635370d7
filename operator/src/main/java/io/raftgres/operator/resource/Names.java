package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.model.MemberNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/** Names, labels and ports of the Kubernetes objects of one cluster. */
public record Names(String namespace, String cluster) {

    /** Label of every object of a cluster: the cluster's name. */
    public static final String CLUSTER_LABEL = "raftgres.io/cluster";
    /** Label of the leader's pod: {@code true}. */
    public static final String LEADER_LABEL = "raftgres.io/leader";
    /** Annotation of claims: id of the cluster to which the data belongs. */
    public static final String CLUSTER_ID = "raftgres.io/cluster-id";
    /** Annotation of the recovery's pod: {@code <member>/<cluster id>}. */
    public static final String RECOVERY_OF = "raftgres.io/recovery-of";

    public static final String MANAGER = "raftgres-operator";
    public static final int HTTP_PORT = 8081;
    public static final int PEER_PORT = 9081;
    public static final int ETCD_PORT = 2379;

    public static Names of(RaftCluster cluster) {
        return new Names(
                cluster.getMetadata().getNamespace(), cluster.getMetadata().getName());
    }

    public String leaderService() {
        return cluster + "-leader";
    }

    public String peersService() {
        return cluster + "-peers";
    }

    public String postgresConfig() {
        return cluster + "-postgres";
    }

    public String bootstrapConfig() {
        return cluster + "-bootstrap";
    }

    public String recoveryPod() {
        return cluster + "-recovery";
    }

    public MemberNames members() {
        return new MemberNames(cluster);
    }

    public String member(int ordinal) {
        return members().member(ordinal);
    }

    public String claim(ClaimKind kind, int ordinal) {
        return members().claim(kind, ordinal);
    }

    /** @return the ordinal of this member; empty when the name is not one of this cluster's members */
    public OptionalInt ordinal(String member) {
        return members().ordinal(member);
    }

    /** @return the entry of a member in {@code peers}, without its name */
    public String address(String member) {
        return host(member) + ":" + PEER_PORT + "@" + clientAddress(member);
    }

    /** @return the address at which clients in Kubernetes reach a member, without a Service of its own */
    public String clientAddress(String member) {
        return "http://" + host(member) + ":" + HTTP_PORT;
    }

    private String host(String member) {
        return member + "." + peersService() + "." + namespace + ".svc";
    }

    /**
     * @return the host names by which clients in Kubernetes may address a node: all names of each Service and each
     *     member
     */
    public List<String> hosts() {
        List<String> hosts = new ArrayList<>();
        for (String service : List.of(cluster, leaderService(), peersService(), "*." + peersService())) {
            for (String domain :
                    List.of("", "." + namespace, "." + namespace + ".svc", "." + namespace + ".svc.cluster.local")) {
                hosts.add(service + domain);
            }
        }
        return hosts;
    }

    /** @return the address at which a blank member finds the cluster */
    public String join() {
        return "http://" + cluster + "." + namespace + ".svc:" + HTTP_PORT;
    }

    /** @return whether the object has the label of this cluster */
    public boolean isLabelled(HasMetadata object) {
        Map<String, String> labels = object.getMetadata().getLabels();
        return labels != null && cluster.equals(labels.get(CLUSTER_LABEL));
    }

    public Map<String, String> labels() {
        Map<String, String> labels = new TreeMap<>();
        labels.put("app.kubernetes.io/name", "raftgres");
        labels.put("app.kubernetes.io/instance", cluster);
        labels.put("app.kubernetes.io/managed-by", MANAGER);
        labels.put(CLUSTER_LABEL, cluster);
        return labels;
    }

    /** The labels that select the pods of the nodes, but not the pod of a recovery. */
    public Map<String, String> selector() {
        Map<String, String> labels = new TreeMap<>();
        labels.put(CLUSTER_LABEL, cluster);
        labels.put("app.kubernetes.io/component", "node");
        return labels;
    }

    /** Metadata of an object that Kubernetes deletes together with the RaftCluster. */
    public ObjectMeta metadata(String name, RaftCluster owner) {
        return new ObjectMetaBuilder()
                .withNamespace(namespace)
                .withName(name)
                .withLabels(labels())
                .withOwnerReferences(owner(owner))
                .build();
    }

    public static OwnerReference owner(RaftCluster cluster) {
        return new OwnerReferenceBuilder()
                .withApiVersion(cluster.getApiVersion())
                .withKind(cluster.getKind())
                .withName(cluster.getMetadata().getName())
                .withUid(cluster.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(false)
                .build();
    }
}
