package io.raftgres.operator.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.FakeApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.resource.Names;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Another program may use the names that the cluster needs: its objects are never the cluster's. */
class ObserverTest {

    private static final Map<String, String> OURS = Map.of(Names.CLUSTER_LABEL, "c");
    private static final Map<String, String> BITNAMI = Map.of("app.kubernetes.io/name", "etcd");

    private final FakeApiServer api;
    private final Observer observer = new Observer();

    ObserverTest() throws Exception {
        api = new FakeApiServer();
        observer.client = api.client();
        observer.classes = new StorageClasses();
        observer.classes.client = api.client();
    }

    @AfterEach
    void close() {
        api.close();
    }

    /** A RaftCluster with the name of a chart's uninstalled release labelled that release's claims and deleted them. */
    @Test
    void aNewClusterAdoptsNoClaim() throws Exception {
        claim("data-c-0", BITNAMI);
        claim("data-c-1", Map.of());
        claim("data-c-4", BITNAMI);
        Live live = observer.look(cluster());
        assertEquals(List.of(), names(live));
        assertEquals(
                List.of("data-c-0", "data-c-1"),
                live.foreign().stream().map(it -> it.name()).toList());
        String sentence = live.foreign().getFirst().sentence();
        assertTrue(sentence.contains("it has the label app.kubernetes.io/name=etcd"), sentence);
        assertTrue(sentence.contains("kubectl label pvc data-c-0 raftgres.io/cluster=c"), sentence);
        assertTrue(sentence.contains("kubectl annotate pvc data-c-0 raftgres.io/cluster-id=ID"), sentence);
    }

    /** An empty cluster of three began, and later adopted this claim when it had more members. */
    @Test
    void noClusterBeginsNextToAClaimThatItWouldAdoptLater() throws Exception {
        annotatedClaim("data-c-4", Map.of(), "k1");
        Live live = observer.look(cluster());
        assertEquals(
                List.of("data-c-4"),
                live.foreign().stream().map(it -> it.name()).toList());
        String sentence = live.foreign().getFirst().sentence();
        assertTrue(sentence.contains("kubectl annotate pvc data-c-4 raftgres.io/cluster-id=ID"), sentence);

        annotatedClaim("data-c-0", OURS, "k1");
        assertEquals(List.of(), observer.look(cluster()).foreign(), "its cluster continues");
    }

    @Test
    void aFormedClusterWhoseClaimsAreGoneAdoptsRestoredOnes() throws Exception {
        bootstrap(OURS, "u-1");
        claim("data-c-0", Map.of());
        claim("data-c-1", BITNAMI);
        claim("data-c-4", Map.of("app.kubernetes.io/name", "raftgres"));
        claim("data-c-5", BITNAMI);
        Live live = observer.look(cluster());
        assertEquals(List.of("data-c-0", "data-c-4"), names(live));
        assertEquals(
                List.of("data-c-1"),
                live.foreign().stream().map(it -> it.name()).toList());
    }

    @Test
    void aClusterThatHasClaimsAdoptsOnlyThoseOfItsMembers() throws Exception {
        bootstrap(OURS, "u-1");
        claim("data-c-0", OURS);
        claim("data-c-1", Map.of());
        claim("data-c-4", Map.of());
        assertEquals(List.of("data-c-0", "data-c-1"), names(observer.look(cluster())));
    }

    @Test
    void theConfigMapOfAFormerClusterIsNoReasonToAdopt() throws Exception {
        bootstrap(OURS, "u-0");
        claim("data-c-0", Map.of());
        assertEquals(List.of(), names(observer.look(cluster())));
    }

    /** An empty cluster began on the other two claims, next to the data of the former one. */
    @Test
    void noClusterBeginsNextToALabelledClaimOfUnknownOrigin() throws Exception {
        claim("data-c-0", OURS);
        Live live = observer.look(cluster());
        assertEquals(
                List.of("data-c-0"),
                live.foreign().stream().map(it -> it.name()).toList());
        String sentence = live.foreign().getFirst().sentence();
        assertTrue(sentence.contains("kubectl annotate pvc data-c-0 raftgres.io/cluster-id=ID"), sentence);
    }

    @Test
    void aClusterContinuesWithALabelledClaimThatHasAnId() throws Exception {
        annotatedClaim("data-c-0", OURS, "k1");
        Live live = observer.look(cluster());
        assertEquals(List.of(), live.foreign());
        assertEquals(List.of("data-c-0"), names(live));
    }

    @Test
    void claimsThatKubernetesDeletesWithAFormerRaftClusterAreNotInQuestion() throws Exception {
        RaftCluster former = cluster();
        former.getMetadata().setUid("u-0");
        ObjectMeta metadata = meta("data-c-0", OURS);
        metadata.setOwnerReferences(List.of(Names.owner(former)));
        api.put(new PersistentVolumeClaimBuilder()
                .withMetadata(metadata)
                .withNewSpec()
                .endSpec()
                .build());
        assertEquals(List.of(), observer.look(cluster()).foreign());
    }

    @Test
    void theDataOfAnotherClusterIsNotTakenForTheClusters() throws Exception {
        bootstrap(OURS, "u-1");
        annotatedClaim("data-c-0", OURS, "k1");
        annotatedClaim("data-c-1", OURS, "k9");
        annotatedClaim("data-c-2", Map.of(), "k9");
        annotatedClaim("data-c-7", OURS, "k9");
        Live live = observer.look(cluster());
        assertEquals(List.of("data-c-0"), names(live));
        assertEquals(
                List.of("data-c-1", "data-c-2"),
                live.foreign().stream().map(it -> it.name()).toList());
        String sentence = live.foreign().getFirst().sentence();
        assertTrue(sentence.contains("raftgres.io/cluster-id=k9") && sentence.contains("whose id is k1"), sentence);
        sentence = live.foreign().getLast().sentence();
        assertTrue(sentence.contains("it has the annotation raftgres.io/cluster-id=k9 of another cluster"), sentence);
    }

    @Test
    void whatHasAnotherOwnerIsNotAdopted() throws Exception {
        bootstrap(OURS, "u-1");
        ObjectMeta metadata = meta("data-c-0", Map.of());
        metadata.setOwnerReferences(List.of(Names.owner(cluster())));
        api.put(new PersistentVolumeClaimBuilder().withMetadata(metadata).build());
        metadata = meta("data-c-1", Map.of());
        metadata.setDeletionTimestamp("2026-01-01T00:00:00Z");
        api.put(new PersistentVolumeClaimBuilder().withMetadata(metadata).build());
        Live live = observer.look(cluster());
        assertEquals(List.of(), names(live));
        String going = live.foreign().getLast().sentence();
        assertTrue(going.contains("kubectl describe pvc data-c-1 shows the pod that uses it"), going);
        assertTrue(live.foreign().getFirst().sentence().contains("RaftCluster c owns it"), live::toString);
        assertTrue(live.foreign().getLast().sentence().contains("is being deleted"), live::toString);
    }

    /** Without this permission nothing was observed at all. */
    @ParameterizedTest
    @ValueSource(ints = {403, 429, 500})
    void anUnreadableStorageClassIsLeftToTheApiServer(int code) throws Exception {
        api.refuseReads("/apis/storage.k8s.io/v1/storageclasses/fast", code);
        api.put(new PersistentVolumeClaimBuilder()
                .withMetadata(meta("data-c-0", OURS))
                .withNewSpec()
                .withStorageClassName("fast")
                .endSpec()
                .build());
        assertEquals(Set.of("fast"), observer.look(cluster()).growable());
    }

    /** Kubernetes keeps it as long as the pod runs, so the operator waited permanently, and healed no member. */
    @Test
    void aDeletedClaimThatAPodOfTheClusterHoldsIsPartOfThePlan() throws Exception {
        bootstrap(OURS, "u-1");
        claim("data-c-0", OURS);
        claim("data-c-2", OURS);
        ObjectMeta metadata = meta("data-c-1", BITNAMI);
        metadata.setDeletionTimestamp("2026-01-01T00:00:00Z");
        api.put(new PersistentVolumeClaimBuilder()
                .withMetadata(metadata)
                .withNewSpec()
                .withNewResources()
                .addToRequests("storage", new Quantity("1Gi"))
                .endResources()
                .endSpec()
                .build());
        api.put(new PodBuilder()
                .withMetadata(meta("c-1", OURS))
                .withNewSpec()
                .addNewVolume()
                .withName("data")
                .withNewPersistentVolumeClaim("data-c-1", false)
                .endVolume()
                .endSpec()
                .withNewStatus()
                .endStatus()
                .build());
        Live live = observer.look(cluster());
        assertEquals(List.of(), live.foreign());
        assertEquals(List.of("data-c-0", "data-c-2", "data-c-1"), names(live));
        assertTrue(Views.claim(live.claims().getLast(), live, Names.of(cluster()))
                .orElseThrow()
                .terminating());
    }

    /** They were scaled, recreated and overwritten. */
    @Test
    void otherObjectsWithoutTheLabelAreForeign() throws Exception {
        api.put(new StatefulSetBuilder()
                .withMetadata(meta("c", BITNAMI))
                .withNewSpec()
                .withReplicas(1)
                .endSpec()
                .build());
        bootstrap(Map.of(), "u-1");
        api.put(new PodBuilder().withMetadata(meta("c-1", BITNAMI)).build());
        Live live = observer.look(cluster());
        assertTrue(live.set().isEmpty()
                && live.bootstrap().isEmpty()
                && live.pods().isEmpty());
        assertEquals(
                List.of("StatefulSet c", "ConfigMap c-bootstrap", "Pod c-1"),
                live.foreign().stream().map(it -> it.kind() + " " + it.name()).toList());
        String sentence = live.foreign().getFirst().sentence();
        assertTrue(sentence.contains("does not have the label raftgres.io/cluster=c"), sentence);
    }

    private static List<String> names(Live live) {
        return live.claims().stream().map(it -> it.getMetadata().getName()).toList();
    }

    private void bootstrap(Map<String, String> labels, String owner) {
        RaftCluster of = cluster();
        of.getMetadata().setUid(owner);
        ObjectMeta metadata = meta("c-bootstrap", labels);
        metadata.setOwnerReferences(List.of(Names.owner(of)));
        api.put(new ConfigMapBuilder()
                .withMetadata(metadata)
                .addToData("formed", "true")
                .addToData("clusterId", "k1")
                .build());
    }

    private void claim(String name, Map<String, String> labels) {
        api.put(new PersistentVolumeClaimBuilder()
                .withMetadata(meta(name, labels))
                .withNewSpec()
                .endSpec()
                .build());
    }

    private void annotatedClaim(String name, Map<String, String> labels, String id) {
        ObjectMeta metadata = meta(name, labels);
        metadata.setAnnotations(Map.of(Names.CLUSTER_ID, id));
        api.put(new PersistentVolumeClaimBuilder()
                .withMetadata(metadata)
                .withNewSpec()
                .endSpec()
                .build());
    }

    private static ObjectMeta meta(String name, Map<String, String> labels) {
        return new ObjectMetaBuilder()
                .withNamespace("n")
                .withName(name)
                .withLabels(labels)
                .build();
    }

    private static RaftCluster cluster() {
        return Serialization.unmarshal("""
                apiVersion: raftgres.io/v1alpha1
                kind: RaftCluster
                metadata: {name: c, namespace: n, uid: u-1}
                spec:
                  replicas: 3
                  storage: {data: {size: 1Gi}}
                """, RaftCluster.class);
    }
}
