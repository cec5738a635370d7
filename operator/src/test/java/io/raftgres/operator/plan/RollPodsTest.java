package io.raftgres.operator.plan;

import org.junit.jupiter.api.Test;

/** Pods of an old revision are replaced one by one. */
class RollPodsTest {

    private final Rule rule = new RollPods();

    @Test
    void theMemberThatIsFurthestBehindIsFirst() {
        Expect.restart(
                1, Expect.fires(rule, Scene.of(3).outdated(0, 1, 2).lag(1, 9).lag(2, 3)));
    }

    @Test
    void theLeaderIsLastAndTransfersLeadershipFirst() {
        Expect.restart(1, Expect.fires(rule, Scene.of(3).outdated(0, 1)));
        Expect.transfer(1, Expect.fires(rule, Scene.of(3).outdated(0)));
    }

    @Test
    void theOnlyVoterIsRestarted() {
        Expect.restart(0, Expect.fires(rule, Scene.of(1).outdated(0)));
    }

    @Test
    void theNextPodWaitsUntilAllVotersAreWell() {
        Expect.waits(Expect.fires(rule, Scene.of(3).outdated(1).unready(2)), "c-2");
        Expect.waits(Expect.fires(rule, Scene.of(3).outdated(1).silent(2)), "c-2");
    }

    @Test
    void theNextPodWaitsUntilTheClusterHasItsVoters() {
        Expect.waits(Expect.fires(rule, Scene.of(3).outdated(1).learner(2)), "c-2");
        Expect.waits(Expect.fires(rule, Scene.of(3).outdated(1).wanted(5)), "5 members");
    }

    @Test
    void podsOfTheCurrentRevisionStay() {
        Expect.isSilent(rule, Scene.of(3));
    }

    @Test
    void aPodThatWouldLoseItsDataIsLeftToReleaseClaims() {
        Expect.isSilent(rule, Scene.of(3).outdated(1).claimDeleted(1));
    }
}
