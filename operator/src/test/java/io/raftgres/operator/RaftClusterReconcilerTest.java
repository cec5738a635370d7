package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NamespaceableResource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterStatus;
import io.raftgres.operator.apply.DataDeletion;
import io.raftgres.operator.apply.Events;
import io.raftgres.operator.apply.RefusedWrites;
import io.raftgres.operator.apply.WriteAttempts;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.model.RefusedWrite.Reason;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.observe.Observer;
import io.raftgres.operator.plan.Planner;
import io.raftgres.operator.plan.Scene;
import io.raftgres.operator.plan.Step;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.status.ConditionMetrics;
import io.raftgres.operator.status.StatusWriter;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** What is deleted under the operator's hands is no error, and no reason to do anything. */
class RaftClusterReconcilerTest {

    private static final String REFUSED = "the namespace is being terminated";

    @Test
    void whatFailsForAClusterThatIsGoneIsNoError() throws Exception {
        RaftCluster going = cluster("a");
        going.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        for (RaftCluster now : new RaftCluster[] {null, going, cluster("b")}) {
            assertTrue(
                    reconciler(cluster("a"), now).reconcile(cluster("a"), null).isNoUpdate());
        }
    }

    @Test
    void theClaimsOfAClusterThatIsGoneAreReported() throws Exception {
        List<String> gone = new ArrayList<>();
        RaftClusterReconciler reconciler = reconciler((RaftCluster) null);
        reconciler.deletion = new DataDeletion() {
            @Override
            public void gone(RaftCluster cluster) {
                gone.add(cluster.getMetadata().getUid());
            }
        };
        reconciler.reconcile(cluster("a"), null);
        assertEquals(List.of("a"), gone);
    }

    @Test
    void whatFailsForAClusterThatIsThereIsTriedAgain() {
        RaftClusterReconciler reconciler = reconciler(cluster("a"), cluster("a"));
        List<RaftClusterStatus> written = new ArrayList<>();
        reconciler.status = new StatusWriter() {
            @Override
            public void write(RaftCluster cluster, RaftClusterStatus status) {
                written.add(status);
            }
        };
        List<String> warnings = new ArrayList<>();
        reconciler.events = new Events() {
            @Override
            public void warn(RaftCluster cluster, String reason, String message) {
                warnings.add(reason + ": " + message);
            }
        };
        var failure = assertThrows(KubernetesClientException.class, () -> reconciler.reconcile(cluster("a"), null));
        assertEquals(REFUSED, failure.getMessage());
        Condition condition = written.getFirst().conditions().getFirst();
        assertEquals(
                "Reconciled False InternalError",
                condition.getType() + " " + condition.getStatus() + " " + condition.getReason());
        assertTrue(condition.getMessage().contains(REFUSED), condition.getMessage());
        assertEquals(List.of("ReconciliationFailed: " + condition.getMessage()), warnings);
    }

    /** Then its pods seem to be of an old revision, and were restarted for nothing when claims grew. */
    @Test
    void whileTheStatefulSetIsDeletedNothingIsDone() throws Exception {
        var set = new StatefulSetBuilder()
                .withNewMetadata()
                .withName("c")
                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .build();
        Live live = new Live(
                Optional.empty(), Optional.of(set), List.of(), List.of(), Optional.empty(), Set.of(), Map.of());
        assertEquals(
                Optional.of(new Step.Wait("the StatefulSet is being deleted", false)),
                RaftClusterReconciler.hindrance(cluster("a"), live));
    }

    /** They were taken for data of a cluster that is there, which then had none. */
    @Test
    void claimsThatGoAreWaitedForBeforeAClusterBegins() {
        var claim = new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withName("data-c-0")
                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .build();
        Live live = new Live(
                Optional.empty(), Optional.empty(), List.of(), List.of(claim), Optional.empty(), Set.of(), Map.of());
        assertEquals(
                Optional.of(new Step.Wait("claim data-c-0 of a former cluster is being deleted", false)),
                RaftClusterReconciler.hindrance(cluster("a"), live));
    }

    /** It stopped all: a refused finalizer is one refused write among others. */
    @Test
    void aRefusedFinalizerStopsNoReconciliation() throws Exception {
        RaftClusterReconciler reconciler = reconciler(cluster("a"), null);
        List<String> seen = new ArrayList<>();
        reconciler.deletion = new DataDeletion() {
            @Override
            public boolean prepare(RaftCluster cluster) {
                throw new KubernetesClientException("a webhook refuses finalizers", 403, null);
            }
        };
        reconciler.observer = new Observer() {
            @Override
            public Live look(RaftCluster cluster) {
                seen.add(cluster.getMetadata().getName());
                throw new KubernetesClientException(REFUSED);
            }
        };
        reconciler.reconcile(cluster("a"), null);
        assertEquals(List.of("c"), seen);
    }

    @Test
    void aDeletionThatWaitsIsInTheStatus_AndHasNoMetrics() throws Exception {
        RaftCluster going = cluster("a");
        going.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        RaftClusterReconciler reconciler = reconciler(going);
        List<String> seen = new ArrayList<>();
        reconciler.metrics = new ConditionMetrics() {
            @Override
            public void forget(Names names) {
                seen.add("forgotten " + names.cluster());
            }
        };
        reconciler.deletion = new DataDeletion() {
            @Override
            public Optional<String> finish(RaftCluster cluster) {
                return Optional.of("deleting: claim data-c-0 is still in use by pod c-0");
            }
        };
        reconciler.status = new StatusWriter() {
            @Override
            public void write(RaftCluster cluster, RaftClusterStatus status) {
                Condition condition = status.conditions().getFirst();
                seen.add(status.waitingFor());
                seen.add(condition.getType() + " " + condition.getReason() + " " + condition.getMessage());
            }
        };
        assertTrue(reconciler.reconcile(cluster("a"), null).getScheduleDelay().isPresent());
        String sentence = "deleting: claim data-c-0 is still in use by pod c-0";
        assertEquals(List.of("forgotten c", sentence, "Progressing Deleting " + sentence), seen);
    }

    @Test
    void aConflictDuringADeletionIsNoError() throws Exception {
        RaftCluster going = cluster("a");
        going.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        RaftClusterReconciler reconciler = reconciler(going);
        reconciler.deletion = new DataDeletion() {
            @Override
            public Optional<String> finish(RaftCluster cluster) {
                throw new KubernetesClientException("the object has been modified", 409, null);
            }
        };
        assertTrue(reconciler.reconcile(cluster("a"), null).getScheduleDelay().isPresent());
    }

    /** A StatefulSet of this name, of another program, was scaled. */
    @Test
    void anObjectOfAnotherProgramStopsEveryStep() {
        RefusedWrite foreign = new RefusedWrite("StatefulSet", "c", RefusedWrite.Reason.NOT_OURS, "delete it");
        assertEquals(
                Optional.of(new Step.Wait("delete it", true)),
                RaftClusterReconciler.hindrance(cluster("a"), live(List.of(), List.of(foreign))));
    }

    /** A new cluster of the same name would take it for its own, and wait for data that is gone. */
    @Test
    void theConfigMapOfAFormerClusterIsWaitedFor() {
        assertEquals(
                Optional.of(new Step.Wait(
                        "ConfigMap c-bootstrap is being deleted with the former RaftCluster of this name", false)),
                RaftClusterReconciler.hindrance(
                        cluster("a"), live(List.of(Names.owner(cluster("former"))), List.of())));
        assertEquals(
                Optional.empty(),
                RaftClusterReconciler.hindrance(cluster("a"), live(List.of(Names.owner(cluster("a"))), List.of())));
    }

    private static Live live(List<OwnerReference> owners, List<RefusedWrite> foreign) {
        return new Live(
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of(),
                Optional.empty(),
                Set.of(),
                Map.of(),
                owners,
                foreign);
    }

    /** The status said "removes c-2" and nothing was done. */
    @Test
    void theRemovalOfAVoterWaitsForARefusedBudgetAndSaysSo() {
        Scene scene = Scene.of(3).wanted(1);
        var plan = RaftClusterReconciler.plan(
                scene::seen,
                new Planner()::plan,
                (seen, step) -> scene.refused("PodDisruptionBudget", Reason.REFUSED, "no quota"));
        Step.Wait wait = assertInstanceOf(Step.Wait.class, plan.step());
        assertEquals("c-2 cannot be removed before the disruption budget is written: no quota", wait.reason());
        assertTrue(wait.stuck());
        assertEquals(1, plan.seen().refused().size());
    }

    @Test
    void theRemovalOfALearnerWaitsForNoBudget() {
        for (Scene scene :
                List.of(Scene.of(3).learner(2).wanted(1), Scene.of(3).learner(2).claimDeleted(2))) {
            var plan = RaftClusterReconciler.plan(
                    scene::seen,
                    new Planner()::plan,
                    (seen, step) -> scene.refused("PodDisruptionBudget", Reason.REFUSED, "no quota"));
            assertEquals(
                    "c-2",
                    assertInstanceOf(Step.RemoveMember.class, plan.step()).name());
        }
    }

    private static RaftCluster cluster(String uid) {
        RaftCluster cluster = new RaftCluster();
        cluster.setMetadata(new ObjectMetaBuilder()
                .withNamespace("n")
                .withName("c")
                .withUid(uid)
                .build());
        return cluster;
    }

    /** @param responses what the API server says of the cluster, one after the other */
    private static RaftClusterReconciler reconciler(RaftCluster... responses) {
        Queue<RaftCluster> left = new LinkedList<>(Arrays.asList(responses));
        var resource = stub(NamespaceableResource.class, (self, method, arguments) -> left.remove());
        RaftClusterReconciler reconciler = new RaftClusterReconciler();
        reconciler.client = stub(KubernetesClient.class, (self, method, arguments) -> resource);
        reconciler.deletion = new DataDeletion() {
            @Override
            public boolean prepare(RaftCluster cluster) {
                return false;
            }

            @Override
            public void gone(RaftCluster cluster) {}
        };
        reconciler.attempts = new WriteAttempts() {
            @Override
            public boolean write(RaftCluster cluster, String kind, String name, BooleanSupplier write) {
                try {
                    return write.getAsBoolean();
                } catch (KubernetesClientException e) {
                    return false;
                }
            }
        };
        reconciler.metrics = new ConditionMetrics() {
            @Override
            public void forget(Names names) {}
        };
        reconciler.refused = new RefusedWrites(new SimpleMeterRegistry());
        reconciler.status = new StatusWriter();
        reconciler.observer = new Observer() {
            @Override
            public Live look(RaftCluster cluster) {
                throw new KubernetesClientException(REFUSED);
            }
        };
        return reconciler;
    }

    private static <T> T stub(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
