package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Without a leader no later rule is asked. */
class AwaitLeaderTest {

    private final Rule rule = new AwaitLeader();

    @Test
    void theWaitNamesTheVotersThatAnswerAndThoseThatDoNot() {
        Expect.waits(Expect.fires(rule, Scene.of(3).noLeader().silent(0).silent(1)), "1 of 3", "c-2", "c-0 and c-1");
        assertTrue(rule.isGate());
    }

    @Test
    void aQuorumThatCannotRunNeedsAPerson() {
        Expect.stuck(Expect.fires(rule, Scene.of(3).noLeader().broken(0, 1)), "c-0", "c-1", "correct spec.image");
        Expect.waits(Expect.fires(rule, Scene.of(3).noLeader().broken(0)), "c-0", "correct spec.image");
    }

    @Test
    void aNewClusterWaitsForItsFirstLeader() {
        Scene scene = Scene.of(3).noLeader().noResponse();
        scene.formed = false;
        Expect.waits(Expect.fires(rule, scene), "first leader");
    }

    @Test
    void nodesThatDoNotAnswerTheOperatorAreNamed() {
        Scene scene = Scene.of(3).noResponse().unheard("no response within 2 s", 1);
        Expect.waits(Expect.fires(rule, scene), "c-1: no response within 2 s");
    }

    @Test
    void withALeaderItHasNothingToWaitFor() {
        Expect.isSilent(rule, Scene.of(3).broken(2));
    }
}
