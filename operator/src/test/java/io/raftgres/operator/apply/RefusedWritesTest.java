package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.model.RefusedWrite.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A refused write is remembered, shown, and tried again after a pause that grows to a minute. */
class RefusedWritesTest {

    private static final String KEY = "ResizeClaim DATA 0 20";
    private static final RefusedWrite WRITE =
            new RefusedWrite("PersistentVolumeClaim", "data-c-0", Reason.REFUSED, "no quota");

    private Instant now = Instant.EPOCH;
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final RefusedWrites refused = new RefusedWrites(registry, () -> now);
    private final RaftCluster cluster = cluster("a", 1);

    static RaftCluster cluster(String uid, long generation) {
        RaftCluster cluster = new RaftCluster();
        cluster.setMetadata(new ObjectMetaBuilder()
                .withNamespace("n")
                .withName("c")
                .withUid(uid)
                .withGeneration(generation)
                .build());
        return cluster;
    }

    private void pass(Duration time) {
        now = now.plus(time);
    }

    @Test
    void itIsHeldBackUntilItsPauseIsOver() {
        assertTrue(refused.mayTry(cluster, KEY));
        refused.refused(cluster, KEY, WRITE, true);
        assertFalse(refused.mayTry(cluster, KEY));
        assertEquals(Optional.of(KEY), refused.of(cluster).getFirst().step());
        assertFalse(refused.of(cluster).getFirst().due());
        pass(RefusedWrites.FIRST_PAUSE);
        assertTrue(refused.mayTry(cluster, KEY));
        assertTrue(refused.of(cluster).getFirst().due());
    }

    @Test
    void thePauseGrowsToAMinute() {
        Duration waited = Duration.ZERO;
        for (int refusal = 0; refusal < 10; refusal++) {
            refused.refused(cluster, KEY, WRITE, true);
            waited = Duration.ZERO;
            while (!refused.mayTry(cluster, KEY)) {
                waited = waited.plusSeconds(1);
                pass(Duration.ofSeconds(1));
            }
        }
        assertEquals(RefusedWrites.LONGEST_PAUSE, waited);
    }

    @Test
    void aChangeOfTheSpecAllowsItAtOnceAndASuccessEndsIt() {
        refused.refused(cluster, KEY, WRITE, true);
        RaftCluster changed = cluster("a", 2);
        assertTrue(refused.mayTry(changed, KEY));
        assertEquals(1, refused.of(changed).size());
        refused.refused(changed, KEY, WRITE, true);
        assertFalse(refused.mayTry(changed, KEY));
        refused.succeeded(changed, KEY);
        assertTrue(refused.of(changed).isEmpty());
    }

    @Test
    void aWriteThatIsNotWantedAnyMoreIsForgotten() {
        refused.refused(cluster, KEY, WRITE, true);
        pass(RefusedWrites.FIRST_PAUSE.plus(RefusedWrites.KEPT));
        assertEquals(1, refused.of(cluster).size());
        pass(Duration.ofSeconds(1));
        assertTrue(refused.of(cluster).isEmpty());
    }

    /** After 90 s of a pause all writes counted as accepted. */
    @Test
    void aWriteThatIsNotTriedInAPauseStaysRefused() {
        refused.refused(cluster, KEY, WRITE, true);
        refused.refused(cluster, RefusedWrites.FOUND + "Pod/c-1", WRITE, false);
        for (int round = 0; round < 20; round++) {
            pass(Duration.ofSeconds(10));
            refused.untried(cluster);
        }
        assertEquals(
                List.of(Optional.of(KEY)),
                refused.of(cluster).stream().map(RefusedWrite::step).toList(),
                "the pod may exist by now");
        assertTrue(refused.mayTry(cluster, KEY));
        pass(RefusedWrites.KEPT.plusSeconds(1));
        assertTrue(refused.of(cluster).isEmpty(), "the pause is over, and no round tried it");
    }

    @Test
    void aClusterThatIsGoneIsForgottenAndItsSuccessorIsAnother() {
        refused.refused(cluster, KEY, WRITE, true);
        assertTrue(refused.of(cluster("b", 1)).isEmpty());
        refused.forget("a");
        assertTrue(refused.of(cluster).isEmpty());
    }

    /** Kubernetes does not say when a RaftCluster without a finalizer is gone. */
    @Test
    void theMetricOfADeletedClusterEnds() {
        refused.refused(cluster, KEY, WRITE, true);
        refused.of(cluster("successor", 1));
        assertNull(gauge());

        refused.refused(cluster, KEY, WRITE, true);
        pass(RefusedWrites.FIRST_PAUSE.plus(RefusedWrites.KEPT).plusSeconds(1));
        assertEquals(0, gauge().value());
        RaftCluster another = cluster("another", 1);
        another.getMetadata().setName("d");
        refused.of(another);
        assertNull(gauge());
    }

    /** The alert on refused writes did not see what the condition Reconciled said. */
    @Test
    void anObjectOfAnotherProgramIsCountedUntilItIsGone() {
        RefusedWrite foreign = new RefusedWrite("PersistentVolumeClaim", "data-c-0", Reason.NOT_OURS, "delete it");
        refused.observed(cluster, List.of(foreign));
        refused.observed(cluster, List.of(foreign));
        assertEquals(1, gauge().value());
        assertEquals(List.of(foreign), refused.of(cluster));
        refused.observed(cluster, List.of());
        assertNull(gauge());
        assertEquals(List.of(), refused.of(cluster));
    }

    @Test
    void theMemoryIsBounded() {
        for (int i = 0; i < 1000; i++) {
            refused.refused(cluster, KEY + i, WRITE, true);
        }
        assertEquals(64, refused.of(cluster).size());
        assertFalse(refused.mayTry(cluster, KEY + 999));
    }

    @Test
    void theMetricCountsWhatStands() {
        assertNull(gauge());
        refused.refused(cluster, KEY, WRITE, true);
        refused.refused(cluster, "another", WRITE, true);
        assertEquals(2, gauge().value());
        refused.succeeded(cluster, "another");
        assertEquals(1, gauge().value());
        refused.forget("a");
        assertNull(gauge());
    }

    private Gauge gauge() {
        return registry.find("raftgres.operator.refused.writes")
                .tags("namespace", "n", "raftgres_io_cluster", "c", "kind", "PersistentVolumeClaim")
                .gauge();
    }
}
