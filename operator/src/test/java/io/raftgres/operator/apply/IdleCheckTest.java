package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.observe.ObjectReader;
import io.raftgres.operator.plan.Scene;
import io.raftgres.operator.plan.Step;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Clusters;
import io.raftgres.operator.resource.Configs;
import io.raftgres.operator.resource.DisruptionBudgets;
import io.raftgres.operator.resource.Hash;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.resource.ServiceAccounts;
import io.raftgres.operator.resource.Services;
import io.raftgres.operator.resource.StatefulSets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is not as wanted in the caches is read again from the API server, and then changed. */
class IdleCheckTest {

    private static final Names NAMES = new Names("ns", "c");
    private static final Step DONE = new Step.Done();

    private final KubernetesClient client = new KubernetesClientBuilder().build();
    private final RefusedWrites refused = new RefusedWrites(new SimpleMeterRegistry());
    private final IdleCheck check = new IdleCheck();
    private final RaftCluster cluster =
            Clusters.with("image: 'node:1'\nstorage: {data: {size: 1Gi}, onDelete: Retain}");

    {
        cluster.getMetadata().setGeneration(1L);
    }

    private final Scene scene = Scene.of(3);
    private final List<HasMetadata> cached = new ArrayList<>();
    private final List<Pod> pods = new ArrayList<>();
    private final List<PersistentVolumeClaim> claims = new ArrayList<>();
    private final List<OwnerReference> owners = new ArrayList<>();
    private final List<RefusedWrite> foreign = new ArrayList<>();
    private boolean monitorChecked = true;

    @BeforeEach
    void asWanted() {
        ServerSideApply apply = new ServerSideApply();
        apply.client = client;
        WriteAttempts attempts = new WriteAttempts();
        attempts.refused = refused;
        attempts.events = new Events() {
            @Override
            public void warn(RaftCluster of, String reason, String message) {}
        };
        SupportingResources supporting = new SupportingResources();
        supporting.client = client;
        supporting.apply = apply;
        supporting.attempts = attempts;
        supporting.monitors = new PodMonitorChecks() {
            @Override
            boolean isChecked(RaftCluster cluster) {
                return monitorChecked;
            }
        };
        check.supporting = supporting;
        check.memberServices = new MemberServices() {
            @Override
            boolean isIdle(RaftCluster cluster, Live live, ObjectReader cached) {
                return true;
            }
        };
        check.deletion = new DataDeletion();
        check.refused = refused;
        List.of(
                        ServiceAccounts.build(cluster),
                        Configs.postgres(cluster),
                        Services.clients(cluster),
                        Services.leader(cluster),
                        Services.peers(cluster),
                        DisruptionBudgets.build(cluster, 3).orElseThrow())
                .forEach(object -> cached.add(written(object)));
        for (int i = 0; i < 3; i++) {
            Map<String, String> labels = new HashMap<>(NAMES.labels());
            if (i == 0) {
                labels.put(Names.LEADER_LABEL, "true");
            }
            pods.add(new PodBuilder()
                    .withNewMetadata()
                    .withName("c-" + i)
                    .withLabels(labels)
                    .endMetadata()
                    .build());
            claims.add(new PersistentVolumeClaimBuilder()
                    .withNewMetadata()
                    .withName("data-c-" + i)
                    .withLabels(NAMES.labels())
                    .addToAnnotations(Names.CLUSTER_ID, "k1")
                    .endMetadata()
                    .build());
        }
    }

    @BeforeEach
    void settled() {
        owners.add(Names.owner(cluster));
        check.settle(cluster, live(set()), DONE);
    }

    @AfterEach
    void close() {
        client.close();
    }

    private static HasMetadata written(HasMetadata object) {
        String hash = Hash.of(object);
        Map<String, String> annotations = new HashMap<>(
                Optional.ofNullable(object.getMetadata().getAnnotations()).orElse(Map.of()));
        annotations.put(ServerSideApply.HASH, hash);
        object.getMetadata().setAnnotations(annotations);
        return object;
    }

    @Test
    void aClusterThatIsAsWantedIsIdle_AlsoWhileItWaits() {
        assertTrue(isIdle(DONE));
        assertTrue(isIdle(new Step.Wait("c-1 is not ready yet", false)));
    }

    @Test
    void aStepIsNeverTakenFromACache() {
        assertFalse(isIdle(new Step.SetReplicas(3, 4, "5 replicas are wanted")));
    }

    @Test
    void theFirstRoundAndThatOfAnotherSpecReadTheApiServer() {
        cluster.getMetadata().setGeneration(2L);
        assertFalse(isIdle(DONE));
        check.settle(cluster, live(set()), DONE);
        assertTrue(isIdle(DONE));
        check.settle(cluster, live(set()), new Step.SetReplicas(3, 4, "5 replicas are wanted"));
        assertFalse(isIdle(DONE));
    }

    @Test
    void anObjectThatIsGoneOrChangedIsNotIdle() {
        Service service = (Service) cached.get(2);
        service.getSpec().getPorts().getFirst().setPort(1);
        assertFalse(isIdle(DONE));
        cached.remove(service);
        assertFalse(isIdle(DONE));
    }

    /** Its write is tried again after its pause; until then there is nothing to do. */
    @Test
    void aRefusedObjectIsIdleUntilItIsDue() {
        cached.remove(2);
        refused.refused(
                cluster, "Service/c", new RefusedWrite("Service", "c", RefusedWrite.Reason.REFUSED, "a quota"), false);
        assertTrue(isIdle(DONE));
    }

    @Test
    void anotherTemplateIsNotIdle() {
        cluster.getMetadata().setUid("u-1");
        assertTrue(isIdle(DONE));
        assertFalse(isIdle(DONE, StatefulSets.build(cluster, "node:2", 3, false)));
    }

    @Test
    void aMissingPodIsNotIdle() {
        pods.removeLast();
        assertFalse(isIdle(DONE));
    }

    /** A surplus pod on a dead machine hid for 20 minutes that a quota refuses the creation of a wanted one. */
    @Test
    void aMissingPodIsNotIdle_AlsoWhileASurplusOneExists() {
        pods.remove(1);
        pods.add(new PodBuilder()
                .withNewMetadata()
                .withName("c-3")
                .withLabels(NAMES.labels())
                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .build());
        assertFalse(isIdle(new Step.Wait("c-1 has no pod yet", false)));
    }

    @Test
    void theLabelOfAFormerLeaderIsNotIdle() {
        scene.leader(1);
        assertFalse(isIdle(DONE));
    }

    @Test
    void claimsWithoutLabelsOrIdAndWithThisOwnerAreNotIdle() {
        PersistentVolumeClaim claim = claims.getFirst();
        claim.getMetadata().setLabels(Map.of());
        assertFalse(isIdle(DONE));
        claim.getMetadata().setLabels(NAMES.labels());
        claim.getMetadata().setOwnerReferences(List.of(Names.owner(cluster)));
        assertFalse(isIdle(DONE));
        claim.getMetadata().setOwnerReferences(List.of());
        assertTrue(isIdle(DONE));
        claim.getMetadata().setAnnotations(Map.of());
        assertFalse(isIdle(DONE));
    }

    @Test
    void aFinalizerThatIsMissingOrTooManyIsNotIdle() {
        cluster.getMetadata().setFinalizers(List.of(DataDeletion.FINALIZER));
        assertFalse(isIdle(DONE));
    }

    @Test
    void theBudgetOfOtherVotersIsNotIdle() {
        scene.learner(2);
        assertFalse(isIdle(DONE));
    }

    @Test
    void aPodMonitorIsLookedAtFromTimeToTime() {
        monitorChecked = false;
        assertFalse(isIdle(DONE));
    }

    /** The caches do not show these, so the status would lose them. */
    @Test
    void whileThereIsAnObjectOfAnotherProgramTheApiServerIsRead() {
        foreign.add(new RefusedWrite("Pod", "c-3", RefusedWrite.Reason.NOT_OURS, "delete it"));
        check.settle(cluster, live(set()), DONE);
        assertFalse(isIdle(DONE));
    }

    @Test
    void objectsWithoutTheirOwnerAreNotIdle() {
        owners.clear();
        assertFalse(isIdle(DONE));
        owners.add(Names.owner(cluster));
        assertTrue(isIdle(DONE));
        StatefulSet orphan = set();
        orphan.getMetadata().setOwnerReferences(List.of());
        assertFalse(isIdle(DONE, orphan));
    }

    /** It stood in the status for up to a minute after the pod was there. */
    @Test
    void aPodThatExistsAtLastIsNotIdle() {
        supportingAttempts().refuse(cluster, new RefusedWrite("Pod", "c-1", RefusedWrite.Reason.REFUSED, "a quota"));
        assertFalse(isIdle(DONE));
        supportingAttempts().unwanted(cluster, "Pod", "c-1");
        assertTrue(isIdle(DONE));
    }

    private WriteAttempts supportingAttempts() {
        return check.supporting.attempts;
    }

    private StatefulSet set() {
        return StatefulSets.build(cluster, "node:1", 3, false);
    }

    private boolean isIdle(Step step) {
        return isIdle(step, set());
    }

    private Live live(StatefulSet set) {
        return new Live(
                Optional.of(new BootstrapConfig(0, true, Optional.of("k1"), "n", "node:1", false)),
                Optional.of(set),
                pods,
                claims,
                Optional.empty(),
                Set.of(),
                Map.of(),
                owners,
                foreign);
    }

    private boolean isIdle(Step step, StatefulSet set) {
        Live live = live(set);
        return check.isIdle(cluster, live, scene.seen(), step, new ObjectReader() {
            @Override
            public <R extends HasMetadata> Optional<R> get(Class<R> type, String name) {
                return all(type).stream()
                        .filter(object -> object.getMetadata().getName().equals(name))
                        .findFirst();
            }

            @Override
            public <R extends HasMetadata> List<R> all(Class<R> type) {
                return cached.stream().filter(type::isInstance).map(type::cast).toList();
            }
        });
    }
}
