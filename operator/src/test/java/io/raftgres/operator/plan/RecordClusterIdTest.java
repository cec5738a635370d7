package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The first leader's cluster is recorded, and no other cluster is touched after that. */
class RecordClusterIdTest {

    private final Rule rule = new RecordClusterId();

    @Test
    void theFirstLeadersClusterIsRecorded() {
        Scene scene = Scene.of(3);
        scene.formed = false;
        assertEquals("k1", Expect.fires(Step.MarkFormed.class, rule, scene).clusterId());
    }

    @Test
    void theClusterThatARecoveryMadeIsRecorded() {
        Scene scene = Scene.of(3);
        scene.noted = Optional.empty();
        scene.clusterId = "k2";
        assertEquals("k2", Expect.fires(Step.MarkFormed.class, rule, scene).clusterId());
    }

    @Test
    void anotherClusterThanTheRecordedOneIsNotTouched() {
        Scene scene = Scene.of(3);
        scene.clusterId = "k9";
        Expect.stuck(Expect.fires(rule, scene), "k9", "k1");
        assertTrue(rule.isGate());
    }

    @Test
    void theRecordedClusterIsRecordedOnce() {
        Expect.isSilent(rule, Scene.of(3));
    }

    @Test
    void withoutALeaderNothingIsRecorded() {
        Scene scene = Scene.of(3).noLeader();
        scene.formed = false;
        Expect.isSilent(rule, scene);
    }
}
