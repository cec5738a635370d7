package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.ApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.resource.StatefulSets;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the spec says when a RaftCluster is deleted decides about its data, and nothing that was written before. */
class DataDeletionIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static KubernetesClient client;
    private String namespace;
    private final DataDeletion deletion = new DataDeletion();

    @BeforeAll
    static void connect() throws Exception {
        client = ApiServer.connect();
    }

    @AfterAll
    static void close() {
        if (client != null) {
            client.close();
        }
    }

    @BeforeEach
    void make() {
        namespace = ApiServer.namespace(client, "op-deletion-");
        deletion.client = client;
        deletion.events = new Events();
        deletion.events.client = client;
    }

    @AfterEach
    void clean() {
        client.namespaces().withName(namespace).delete();
    }

    @Test
    void aClusterThatKeepsItsDataHasNoFinalizer_AndGoesWithoutTheOperator() {
        apply("{}");
        claims();
        deletion.prepare(cluster());
        assertEquals(List.of(), cluster().getMetadata().getFinalizers());
        delete(DeletionPropagation.BACKGROUND);
        awaitGone();
        assertEquals(Set.of("data-c-0", "data-c-1", "data-other"), names());
    }

    @Test
    void dataIsDeletedBeforeTheRaftClusterGoes() {
        apply("storage: {onDelete: Delete}");
        claims();
        deletion.prepare(cluster());
        delete(DeletionPropagation.BACKGROUND);
        assertTrue(
                deletion.finish(cluster()).isPresent(), "the claims are there until the controller has removed them");
        await("the claims to go", () -> deletion.finish(cluster()).isEmpty());
        assertEquals(Set.of("data-other"), names());
        awaitGone();
    }

    /** The StatefulSet's controller is about to make the claims: it made them when the RaftCluster was gone. */
    @Test
    void noClaimIsLeftWhenTheRaftClusterGoesAtOnce() {
        apply("storage: {onDelete: Delete}\nreplicas: 3");
        deletion.prepare(cluster());
        begin();
        client.resource(StatefulSets.build(cluster(), "node:1", 3, false)).create();
        delete(DeletionPropagation.BACKGROUND);
        await("the deletion", () -> deletion.finish(cluster()).isEmpty());
        await("the RaftCluster to go", () -> resource().get() == null);
        assertEquals(Set.of(), names());
        await(
                "the StatefulSet to go",
                () -> client.apps()
                        .statefulSets()
                        .inNamespace(namespace)
                        .list()
                        .getItems()
                        .isEmpty());
        assertEquals(Set.of(), names());
    }

    /** The garbage collector took the data: the claims still had the owner of the time before. */
    @Test
    void retainSaidWhilePausedOrWhileTheOperatorIsAwayKeepsTheData() {
        apply("storage: {onDelete: Delete}");
        claims();
        deletion.prepare(cluster());
        apply("paused: true\nstorage: {onDelete: Retain}");
        delete(DeletionPropagation.BACKGROUND);
        assertEquals(Optional.empty(), deletion.finish(cluster()));
        awaitGone();
        assertEquals(Set.of("data-c-0", "data-c-1", "data-other"), names());
    }

    @Test
    void retainSaidInTimeRemovesTheFinalizer() {
        apply("storage: {onDelete: Delete}");
        deletion.prepare(cluster());
        assertEquals(List.of(DataDeletion.FINALIZER), cluster().getMetadata().getFinalizers());
        apply("storage: {onDelete: Retain}");
        deletion.prepare(cluster());
        assertEquals(List.of(), cluster().getMetadata().getFinalizers());
    }

    /** Releases before this one made the RaftCluster the owner of its claims. */
    @Test
    void claimsOfTheReleaseBeforeLoseTheirOwner() {
        apply("storage: {onDelete: Delete}");
        claims(Names.owner(cluster()));
        deletion.prepare(cluster());
        deletion.disown(cluster(), listed());
        apply("storage: {onDelete: Retain}");
        delete(DeletionPropagation.BACKGROUND);
        assertEquals(Optional.empty(), deletion.finish(cluster()));
        awaitGone();
        assertEquals(Set.of("data-c-0", "data-c-1", "data-other"), names());
    }

    @Test
    void cascadeOrphanKeepsTheData() {
        apply("storage: {onDelete: Delete}");
        claims();
        deletion.prepare(cluster());
        delete(DeletionPropagation.ORPHAN);
        await(
                "the ConfigMap to lose its owner",
                () -> bootstrap().get().getMetadata().getOwnerReferences().isEmpty());
        await("the operator to finish", this::finishes);
        await("the RaftCluster to go", () -> resource().get() == null);
        assertEquals(Set.of("data-c-0", "data-c-1", "data-other"), names());
    }

    /** The garbage collector changes the finalizers, too; the operator repeats a write that has met it. */
    private boolean finishes() {
        try {
            return deletion.finish(cluster()).isEmpty();
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
            return false;
        }
    }

    /** The page on Kubernetes has this command for an operator that was uninstalled before its RaftClusters. */
    @Test
    void aNamespaceWaitsForTheOperator_OrForOneCommand() {
        apply("storage: {onDelete: Delete}");
        claims();
        deletion.prepare(cluster());
        client.namespaces().withName(namespace).delete();
        await("the claims to go with the namespace", () -> names().isEmpty());
        assertEquals(List.of(DataDeletion.FINALIZER), cluster().getMetadata().getFinalizers());
        resource().patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"finalizers\":null}}");
        await(
                "the namespace to go",
                () -> client.namespaces().withName(namespace).get() == null);
    }

    private void apply(String spec) {
        RaftCluster cluster = new RaftCluster();
        cluster.setMetadata(
                new ObjectMetaBuilder().withNamespace(namespace).withName("c").build());
        cluster.setSpec(Serialization.unmarshal(spec, RaftClusterSpec.class));
        client.resource(cluster).fieldManager("test").forceConflicts().serverSideApply();
    }

    private RaftCluster cluster() {
        return resource().require();
    }

    private Resource<RaftCluster> resource() {
        return client.resources(RaftCluster.class).inNamespace(namespace).withName("c");
    }

    private Resource<ConfigMap> bootstrap() {
        return client.configMaps().inNamespace(namespace).withName("c-bootstrap");
    }

    /** Two of members, one of another program with our label; a ConfigMap shows when the collector was here. */
    private void claims(OwnerReference... owners) {
        for (String name : List.of("data-c-0", "data-c-1", "data-other")) {
            client.resource(new PersistentVolumeClaimBuilder()
                            .withNewMetadata()
                            .withNamespace(namespace)
                            .withName(name)
                            .addToLabels(Names.CLUSTER_LABEL, "c")
                            .withOwnerReferences(owners)
                            .endMetadata()
                            .withNewSpec()
                            .withAccessModes("ReadWriteOnce")
                            .withNewResources()
                            .addToRequests("storage", new Quantity("1Gi"))
                            .endResources()
                            .endSpec()
                            .build())
                    .create();
        }
        begin();
    }

    private void begin() {
        client.resource(new ConfigMapBuilder()
                        .withMetadata(Names.of(cluster()).metadata("c-bootstrap", cluster()))
                        .build())
                .create();
    }

    private List<PersistentVolumeClaim> listed() {
        return client.persistentVolumeClaims().inNamespace(namespace).list().getItems();
    }

    private Set<String> names() {
        return listed().stream()
                .filter(claim -> claim.getMetadata().getDeletionTimestamp() == null)
                .map(claim -> claim.getMetadata().getName())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private void delete(DeletionPropagation how) {
        resource().withPropagationPolicy(how).delete();
    }

    /** With what Kubernetes deletes with it. */
    private void awaitGone() {
        await("the collector to take the ConfigMap", () -> bootstrap().get() == null);
        assertNull(resource().get());
    }

    private static void await(String what, BooleanSupplier met) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!met.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited in vain for " + what);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(100);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
