package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.FakeApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Names;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A deletion says what it waits for and what it keeps, and takes only what is the cluster's. */
class DataDeletionTest {

    private static final OwnerReference SET = new OwnerReferenceBuilder()
            .withApiVersion("apps/v1")
            .withKind("StatefulSet")
            .withName("other")
            .withUid("u-9")
            .build();

    private final FakeApiServer api;
    private final DataDeletion deletion = new DataDeletion();

    DataDeletionTest() throws Exception {
        api = new FakeApiServer();
        deletion.client = api.client();
        deletion.events = new Events();
        deletion.events.client = api.client();
    }

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void onlyThisClustersOwnerIsRemoved_AndOnlyFromLabelledClaims() {
        RaftCluster cluster = cluster("Delete");
        PersistentVolumeClaim ours = claim("data-c-0", Map.of(Names.CLUSTER_LABEL, "c"), SET, Names.owner(cluster));
        PersistentVolumeClaim foreign = claim("data-c-1", Map.of(), SET, Names.owner(cluster));
        PersistentVolumeClaim other = claim("data-c-2", Map.of(Names.CLUSTER_LABEL, "c"), SET);
        deletion.disown(cluster, List.of(ours, foreign, other));
        assertEquals(List.of("PATCH persistentvolumeclaims data-c-0"), api.writes());
        assertEquals(
                List.of(SET), api.client().resource(ours).get().getMetadata().getOwnerReferences());
    }

    @Test
    void aChangeOfTheRaftClusterMeanwhileIsReadAgain() {
        RaftCluster cluster = cluster("Delete");
        api.put(cluster);
        api.refusePatches(409);
        assertTrue(deletion.prepare(cluster));
        assertEquals(
                List.of(DataDeletion.FINALIZER),
                api.client().resource(cluster).get().getMetadata().getFinalizers());
        api.refusePatches(403);
        assertThrows(KubernetesClientException.class, () -> deletion.prepare(cluster));
    }

    @Test
    void aDeletionNamesThePodThatItWaitsFor() {
        RaftCluster cluster = going("Delete");
        bootstrap(Names.owner(cluster));
        claim("data-c-0", Map.of(Names.CLUSTER_LABEL, "c"));
        claim("data-c-1", Map.of(Names.CLUSTER_LABEL, "c"));
        claim("data-c-2", Map.of(Names.CLUSTER_LABEL, "c"));
        pod("backup", "data-c-0");
        pod("c-1", "data-c-1");
        assertEquals(
                Optional.of(
                        "deleting: claim data-c-0 is still in use by pod backup, which an administrator must delete;"
                                + " claim data-c-1 is still in use by pod c-1; claim data-c-2 is being removed"),
                deletion.finish(cluster));
    }

    /** Only a RaftCluster with Delete has a finalizer, and with it a deletion that the operator takes part in. */
    @Test
    void theClaimsThatStayAreReportedWithoutAFinalizerToo() {
        claim("data-c-0", Map.of(Names.CLUSTER_LABEL, "c"));
        deletion.gone(cluster("Delete"));
        assertEquals(List.of(), api.events());
        deletion.gone(cluster("Retain"));
        String event = api.events().getFirst();
        assertTrue(event.contains("the claims data-c-0 stay: spec.storage.onDelete is Retain"), event);
        assertEquals(List.of(), api.writes());
    }

    /** Its controller made the claims after the RaftCluster was gone, and they stayed. */
    @Test
    void claimsThatTheStatefulSetMakesLateAreDeletedToo() {
        RaftCluster cluster = going("Delete");
        bootstrap(Names.owner(cluster));
        set(cluster, 3, 1, null);
        String waits = "deleting: the controller of StatefulSet c has not reported yet that it creates no more pods and"
                + " claims";
        assertEquals(Optional.of(waits), deletion.finish(cluster));
        assertEquals(0, set().getSpec().getReplicas());
        set(cluster, 0, 2, 1L);
        assertEquals(Optional.of(waits), deletion.finish(cluster));
        assertEquals(List.of("PATCH statefulsets c"), api.writes());

        claim("data-c-0", Map.of(Names.CLUSTER_LABEL, "c"));
        pod("c-0", "data-c-0", Map.of(Names.CLUSTER_LABEL, "c"));
        set(cluster, 0, 2, 2L);
        assertEquals(
                Optional.of("deleting: claim data-c-0 is being removed"),
                deletion.finish(cluster),
                "the claim was read before it was deleted");
        assertEquals(Optional.empty(), deletion.finish(cluster));
        assertEquals(
                List.of(
                        "PATCH statefulsets c",
                        "DELETE pods c-0",
                        "DELETE persistentvolumeclaims data-c-0",
                        "DELETE statefulsets c",
                        "PATCH raftclusters c"),
                api.writes());
    }

    /** With its namespace, for example. */
    @Test
    void aStatefulSetThatGoesMeanwhileIsNoError() {
        RaftCluster cluster = going("Delete");
        bootstrap(Names.owner(cluster));
        set(cluster, 3, 1, 1L);
        api.refusePatches(404);
        assertTrue(deletion.finish(cluster).isPresent());
    }

    @Test
    void aStatefulSetOfAnotherOwnerIsNotStopped() {
        RaftCluster cluster = going("Delete");
        bootstrap(Names.owner(cluster));
        RaftCluster other = cluster("Delete");
        other.getMetadata().setUid("u-9");
        set(other, 3, 1, 1L);
        assertEquals(Optional.empty(), deletion.finish(cluster));
        assertEquals(List.of("PATCH raftclusters c"), api.writes());
    }

    private StatefulSet set() {
        return api.client().apps().statefulSets().inNamespace("n").withName("c").get();
    }

    private void set(RaftCluster owner, int replicas, long generation, Long observed) {
        api.put(new StatefulSetBuilder()
                .withNewMetadata()
                .withNamespace("n")
                .withName("c")
                .withUid("u-set")
                .withGeneration(generation)
                .withOwnerReferences(Names.owner(owner))
                .endMetadata()
                .withNewSpec()
                .withReplicas(replicas)
                .endSpec()
                .withNewStatus()
                .withObservedGeneration(observed)
                .endStatus()
                .build());
    }

    /** The ConfigMap had lost its owner with an earlier RaftCluster of this name: the data stayed in silence. */
    @Test
    void aDeletionThatKeepsClaimsSaysSo() {
        RaftCluster cluster = going("Delete");
        bootstrap();
        claim("data-c-0", Map.of(Names.CLUSTER_LABEL, "c"));
        assertEquals(Optional.empty(), deletion.finish(cluster));
        String event = api.events().getFirst();
        assertTrue(event.contains("the claims data-c-0 stay"), event);
        assertTrue(event.contains("--cascade=orphan") && event.contains("kubectl delete pvc -l"), event);
        assertEquals(List.of("PATCH raftclusters c"), api.writes());
    }

    /** The claims were deleted with a RaftCluster that had waited next to them, and had begun no cluster. */
    @Test
    void claimsOfUnknownOriginStay() {
        RaftCluster cluster = going("Delete");
        claim("data-c-0", Map.of(Names.CLUSTER_LABEL, "c"));
        annotated("data-c-1", BootstrapConfig.BEGUN_AS, "3 n/c/u-0");
        assertEquals(Optional.empty(), deletion.finish(cluster));
        String event = api.events().getFirst();
        assertTrue(event.contains("the claims data-c-0, data-c-1 stay: ConfigMap c-bootstrap does not exist"), event);
        assertEquals(List.of("PATCH raftclusters c"), api.writes());
    }

    @Test
    void withoutTheConfigMapClaimsOfDifferentClustersStay() {
        RaftCluster cluster = going("Delete");
        annotated("data-c-0", Names.CLUSTER_ID, "k1");
        annotated("data-c-1", Names.CLUSTER_ID, "k2");
        assertEquals(Optional.empty(), deletion.finish(cluster));
        assertTrue(
                api.events().getFirst().contains("data-c-0, data-c-1 stay"),
                () -> api.events().toString());
        assertEquals(List.of("PATCH raftclusters c"), api.writes());
    }

    /** With {@code --cascade=foreground} the garbage collector takes the ConfigMap first. */
    @Test
    void withoutTheConfigMapTheClaimsOfOneClusterAreDeleted() {
        RaftCluster cluster = going("Delete");
        annotated("data-c-0", Names.CLUSTER_ID, "k1");
        claim("data-c-1", Map.of(Names.CLUSTER_LABEL, "c"));
        assertTrue(deletion.finish(cluster).isPresent());
        assertEquals(
                List.of("DELETE persistentvolumeclaims data-c-0", "DELETE persistentvolumeclaims data-c-1"),
                api.writes());
    }

    @Test
    void withoutTheConfigMapTheClaimsThatTheRaftClusterBeganAreDeleted_AlsoWhenNotAllWereCreated() {
        RaftCluster cluster = going("Delete");
        annotated("data-c-1", BootstrapConfig.BEGUN_AS, "3 n/c/u-1");
        assertTrue(deletion.finish(cluster).isPresent());
        assertEquals(List.of("DELETE persistentvolumeclaims data-c-1"), api.writes());
    }

    /** The operator said that it would not change this claim, and deleted it with the RaftCluster. */
    @Test
    void aClaimWithTheDataOfAnotherClusterStays() {
        RaftCluster cluster = going("Delete");
        bootstrap(Map.of("formed", "true", "clusterId", "k1"), Names.owner(cluster));
        annotated("data-c-0", Names.CLUSTER_ID, "k1");
        annotated("data-c-1", Names.CLUSTER_ID, "");
        annotated("data-c-2", Names.CLUSTER_ID, "k2");
        assertEquals(
                Optional.of("deleting: claim data-c-0 is being removed; claim data-c-1 is being removed"),
                deletion.finish(cluster));
        assertEquals(Optional.empty(), deletion.finish(cluster));
        assertTrue(
                api.events().stream()
                        .anyMatch(it -> it.contains("the claims data-c-2 stay: by their annotation"
                                + " raftgres.io/cluster-id they have the data of another cluster")),
                () -> api.events().toString());
        assertEquals(
                List.of(
                        "DELETE persistentvolumeclaims data-c-0",
                        "DELETE persistentvolumeclaims data-c-1",
                        "PATCH raftclusters c"),
                api.writes());
    }

    /** The claims are marked before the ConfigMap, and the operator may stop in between. */
    @Test
    void aClaimThatIsMarkedBeforeTheConfigMapIsDeleted() {
        RaftCluster cluster = going("Delete");
        bootstrap(
                Map.of("formed", "false", "peers", "c-0=c-0.c-peers", "clusterName", "n/c/u-1"), Names.owner(cluster));
        claim(
                "data-c-0",
                Map.of(Names.CLUSTER_LABEL, "c"),
                Map.of(BootstrapConfig.BEGUN_AS, "1 n/c/u-1", Names.CLUSTER_ID, "k1"));
        annotated("data-c-1", Names.CLUSTER_ID, "k2");
        assertTrue(deletion.finish(cluster).isPresent());
        assertEquals(List.of("DELETE persistentvolumeclaims data-c-0"), api.writes());
    }

    private RaftCluster going(String onDelete) {
        RaftCluster cluster = cluster(onDelete);
        cluster.getMetadata().setFinalizers(List.of(DataDeletion.FINALIZER));
        cluster.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        api.put(cluster);
        return cluster;
    }

    private void bootstrap(OwnerReference... owners) {
        bootstrap(Map.of(), owners);
    }

    private void bootstrap(Map<String, String> data, OwnerReference... owners) {
        api.put(new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace("n")
                .withName("c-bootstrap")
                .withOwnerReferences(owners)
                .endMetadata()
                .withData(data)
                .build());
    }

    private void annotated(String name, String annotation, String value) {
        claim(name, Map.of(Names.CLUSTER_LABEL, "c"), Map.of(annotation, value));
    }

    private PersistentVolumeClaim claim(String name, Map<String, String> labels, OwnerReference... owners) {
        return claim(name, labels, Map.of(), owners);
    }

    private PersistentVolumeClaim claim(
            String name, Map<String, String> labels, Map<String, String> annotations, OwnerReference... owners) {
        PersistentVolumeClaim claim = new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withNamespace("n")
                .withName(name)
                .withUid("u-" + name)
                .withLabels(labels)
                .withAnnotations(annotations)
                .withOwnerReferences(owners)
                .endMetadata()
                .build();
        api.put(claim);
        return claim;
    }

    private void pod(String name, String claim) {
        pod(name, claim, Map.of());
    }

    private void pod(String name, String claim, Map<String, String> labels) {
        api.put(new PodBuilder()
                .withNewMetadata()
                .withNamespace("n")
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .addNewVolume()
                .withNewPersistentVolumeClaim(claim, false)
                .endVolume()
                .endSpec()
                .build());
    }

    static RaftCluster cluster(String onDelete) {
        return Serialization.unmarshal("""
                apiVersion: raftgres.io/v1alpha1
                kind: RaftCluster
                metadata: {name: c, namespace: n, uid: u-1, resourceVersion: '1'}
                spec:
                  replicas: 3
                  storage: {data: {size: 1Gi}, onDelete: %s}
                  postgres: {image: 'postgres:18'}
                  podMonitor: {enabled: false, interval: 30s}
                """.formatted(onDelete), RaftCluster.class);
    }
}
