package io.raftgres.operator.plan;

import org.junit.jupiter.api.Test;

/** Leadership goes to another voter before the leader is stopped or removed. */
class TransferLeadershipFirstTest {

    /** @return what comes before c-0 may be restarted */
    private static Step restartOfTheFirst(Scene scene) {
        return TransferLeadershipFirst.orElse(
                        scene.state(), "c-0", "a test", () -> new Step.RestartPod(0, "pod0", "a test"))
                .orElseThrow();
    }

    @Test
    void theLeaderTransfersLeadership() {
        Expect.transfer(1, restartOfTheFirst(Scene.of(3)));
    }

    @Test
    void aVoterThatDoesNotLeadIsRestarted() {
        Expect.restart(0, restartOfTheFirst(Scene.of(3).leader(2)));
    }

    @Test
    void theOnlyVoterIsRestarted() {
        Expect.restart(0, restartOfTheFirst(Scene.of(1)));
        Expect.restart(0, restartOfTheFirst(Scene.of(2).learner(1)));
    }

    @Test
    void theTargetIsWellAndHasTheMostOfTheLog() {
        Expect.transfer(2, restartOfTheFirst(Scene.of(3).lag(1, 3)));
        Expect.transfer(2, restartOfTheFirst(Scene.of(3).unready(1)));
        Expect.transfer(2, restartOfTheFirst(Scene.of(3).learner(1)));
    }

    @Test
    void theTargetStaysInTheCluster() {
        Expect.transfer(1, restartOfTheFirst(Scene.of(3).wanted(2).lag(1, 3)));
    }

    @Test
    void theTargetIsOfTheCurrentRevisionAndWithoutAnAlarm() {
        Expect.transfer(2, restartOfTheFirst(Scene.of(3).outdated(1)));
        Expect.transfer(2, restartOfTheFirst(Scene.of(3).alarm(1, "no-space")));
    }

    @Test
    void theLeaderIsNotStoppedWhenNoOtherVoterCanTakeOver() {
        Expect.waits(restartOfTheFirst(Scene.of(3).lag(1, 5000).lag(2, 5000)), "c-0 leads");
    }
}
