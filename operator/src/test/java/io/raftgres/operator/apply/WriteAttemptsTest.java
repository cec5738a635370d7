package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.model.RefusedWrite.Reason;
import io.raftgres.operator.plan.Step;
import io.raftgres.operator.resource.SpecRefusedException;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Each write has an outcome of its own: a refused one is remembered and reported, and stops no other. */
class WriteAttemptsTest {

    private static final Step RESIZE = new Step.ResizeClaim(ClaimKind.DATA, 0, "u", 20);

    private Instant now = Instant.EPOCH;
    private final List<String> warnings = new ArrayList<>();
    private final RaftCluster cluster = RefusedWritesTest.cluster("a", 1);
    private final WriteAttempts attempts = new WriteAttempts();

    WriteAttemptsTest() {
        attempts.refused = new RefusedWrites(new SimpleMeterRegistry(), () -> now);
        attempts.events = new Events() {
            @Override
            public void warn(RaftCluster cluster, String reason, String message) {
                warnings.add(reason + ": " + message);
            }
        };
    }

    private static KubernetesClientException error(int code, String message) {
        return new KubernetesClientException(message, code, null);
    }

    private boolean write(BooleanSupplier write) {
        return attempts.write(cluster, "Service", "c", write);
    }

    private RefusedWrite refused() {
        assertEquals(1, attempts.refused.of(cluster).size());
        return attempts.refused.of(cluster).getFirst();
    }

    @Test
    void aRefusedWriteIsRememberedAndNotTriedAgainAtOnce() {
        assertFalse(write(() -> {
            throw error(403, "services \"c\" is forbidden:\n no quota.");
        }));
        assertEquals(Reason.REFUSED, refused().reason());
        assertTrue(refused().sentence().contains("Service c: services \"c\" is forbidden: no quota. Correct"));
        assertEquals(List.of("ServiceFailed: " + refused().sentence()), warnings);
        assertFalse(write(() -> {
            throw new AssertionError("tried too early");
        }));
        now = now.plus(RefusedWrites.FIRST_PAUSE);
        assertTrue(write(() -> true));
        assertTrue(attempts.refused.of(cluster).isEmpty());
    }

    @Test
    void anObjectOfAnotherOwnerIsAnOutcome() {
        write(() -> {
            throw new ServerSideApply.NotOursException("Service c exists already");
        });
        assertEquals(Reason.NOT_OURS, refused().reason());
    }

    @Test
    void aSpecFromWhichNothingCanBeBuiltIsAnOutcome() {
        write(() -> {
            throw new SpecRefusedException("spec.podTemplate is not valid");
        });
        assertEquals(Reason.REFUSED, refused().reason());
        assertEquals("spec.podTemplate is not valid", refused().sentence());
    }

    @Test
    void anErrorOfTheApiServerOrOfTheOperatorIsAnOutcome() {
        write(() -> {
            throw error(503, "no leader of etcd");
        });
        assertEquals(Reason.FAILED, refused().reason());
        now = now.plus(RefusedWrites.FIRST_PAUSE);
        write(() -> {
            throw new ArithmeticException("Rounding necessary");
        });
        assertEquals(Reason.FAILED, refused().reason());
        assertTrue(refused().sentence().contains("Rounding necessary"));
    }

    @Test
    void anApiServerThatCannotBeReachedEndsTheReconciliation() {
        assertThrows(
                KubernetesClientException.class,
                () -> write(() -> {
                    throw error(0, "timeout");
                }));
        assertTrue(attempts.refused.of(cluster).isEmpty());
    }

    @Test
    void aRefusedStepIsRememberedByItsKey() throws Exception {
        assertFalse(attempts.take(cluster, RESIZE, () -> {
            throw error(422, "PersistentVolumeClaim \"data-c-0\" is invalid");
        }));
        assertEquals(RESIZE.key(), refused().step().orElseThrow());
        assertEquals(
                "PersistentVolumeClaim data-c-0",
                refused().kind() + " " + refused().name());
        assertTrue(warnings.getFirst().startsWith("ResizeClaimFailed: the API server refuses"), warnings::toString);
        assertTrue(attempts.take(cluster, RESIZE, () -> {}));
        assertTrue(attempts.refused.of(cluster).isEmpty());
    }

    @Test
    void aStepThatTheClusterRefusesIsRememberedToo() throws Exception {
        assertFalse(attempts.take(cluster, new Step.RemoveMember("c-2", "m2", "why"), () -> {
            throw new IOException("it would cost the quorum");
        }));
        assertEquals(Reason.FAILED, refused().reason());
        assertTrue(refused().sentence().contains("Member c-2")
                && refused().sentence().contains("cost the quorum"));
    }

    @Test
    void aStepWhosePremiseHasChangedIsPlannedAgain() throws Exception {
        assertFalse(attempts.take(cluster, RESIZE, () -> {
            throw error(409, "the object has been modified");
        }));
        assertTrue(attempts.refused.of(cluster).isEmpty());
        assertTrue(warnings.isEmpty());
    }
}
