package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A paused cluster is left as it is. */
class AwaitResumeTest {

    private final Rule rule = new AwaitResume();

    @Test
    void aPausedClusterIsNotChanged() {
        Scene scene = Scene.of(3).outdated(1);
        scene.paused = true;
        Expect.waits(Expect.fires(rule, scene), "spec.paused");
        assertTrue(rule.isGate());
    }

    @Test
    void aClusterThatIsNotPausedIsLeftToTheOtherRules() {
        Expect.isSilent(rule, Scene.of(3).outdated(1));
    }
}
