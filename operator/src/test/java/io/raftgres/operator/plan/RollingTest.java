package io.raftgres.operator.plan;

import org.junit.jupiter.api.Test;

/** Pods of an old revision are replaced one by one, and a bad rollout heals. */
class RollingTest {

    @Test
    void theFurthestBehindGoesFirstAndTheLeaderLast() {
        Scene scene = Scene.of(3).outdated(0, 1, 2).leader(2).lag(0, 3).lag(1, 9);
        Expect.restart(1, scene.plan());
        scene.pods.put(1, Scene.pod(1));
        Expect.restart(0, scene.plan());
        scene.pods.put(0, Scene.pod(0));
        Expect.transfer(0, scene.plan());
        Expect.restart(2, scene.leader(0).plan());
    }

    @Test
    void theOnlyVoterIsRestartedAsItIs() {
        Expect.restart(0, Scene.of(1).outdated(0).plan());
    }

    @Test
    void oneAfterTheOther() {
        Expect.waits(Scene.of(3).outdated(0, 1).unready(2).plan(), "c-2 is not healthy");
        Expect.waits(Scene.of(3).outdated(0, 1).silent(2).plan(), "c-2 is not healthy");
        Expect.waits(Scene.of(3).outdated(0, 1).noPod(2).plan(), "c-2 is not healthy");
    }

    @Test
    void rollingWaitsUntilEveryMemberIsAVoter() {
        Expect.waits(Scene.of(3).outdated(0, 1).learner(2).plan(), "c-2 is a voter");
    }

    @Test
    void aPodThatIsNotReadyAndOldIsReplacedFirst() {
        Expect.restart(1, Scene.of(3).outdated(0, 1, 2).broken(1).plan());
    }

    @Test
    void aBadRolloutStopsAtTheFirstPod() {
        // c-1 has the bad image, which is still wanted; the others have the old one.
        Expect.stuck(
                Scene.of(3).outdated(0, 2).broken(1).plan(),
                "c-1 is not healthy",
                "c-1: its image",
                "correct spec.image");
    }

    @Test
    void aBadImageFromTheStartHealsWithoutALeader() {
        Scene scene = Scene.of(3).noLeader().broken(0, 1, 2).outdated(0, 1, 2).noResponse();
        scene.formed = false;
        Expect.restart(2, scene.plan());
    }

    @Test
    void whatMayStillElectALeaderIsLeftAlone() {
        Expect.waits(Scene.of(3).noLeader().outdated(0, 1, 2).plan(), "no leader");
    }

    @Test
    void whatIsReadyKnowsALeaderThatWeDoNotSee() {
        Expect.stuck(Scene.of(3).broken(1, 2).outdated(1, 2).noResponse().plan(), "though pods are ready");
        Expect.waits(Scene.of(4).wanted(3).set(3).noPod(3).noResponse().plan(), "though pods are ready");
    }

    @Test
    void whatIsSilentIsToldWithoutAGuessAtWhy() {
        Expect.waits(
                Scene.of(3).noResponse().unheard("no response within 2 s", 0, 2).plan(),
                "though pods are ready (c-0: no response within 2 s; c-2: no response within 2 s)");
    }

    @Test
    void healingStopsNoVoterWhileAnotherIsDown() {
        // c-1 votes though it is not ready.
        Expect.waits(Scene.of(5).outdated(1).unready(1).noPod(2).plan(), "c-1", "only one voter may be down");
    }

    @Test
    void healingWaitsForThoseThatWereReplaced() {
        // c-1 may be unready only because leadership has just moved.
        Expect.waits(Scene.of(3).outdated(0, 1).unready(1, 2).plan(), "c-1", "c-2 is not ready yet");
        Expect.restart(1, Scene.of(3).outdated(0, 1).unready(1).plan());
    }

    @Test
    void healingDoesNotWaitForOneThatServesNeverMore() {
        Expect.transfer(
                1, Scene.of(4).wanted(1).outdated(0).unready(0).removed(3).plan());
    }

    @Test
    void healingGivesNoQuorumAway() {
        Expect.waits(Scene.of(2).wanted(3).set(3).outdated(1).unready(1).plan(), "c-1", "1 of 2 voters would answer");
    }

    @Test
    void aLeaderThatIsNotReadyHandsOverFirst() {
        Expect.transfer(1, Scene.of(3).outdated(0).unready(0).lag(2, 4).plan());
    }

    @Test
    void aLeaderStaysWhenNobodyCanTakeOver() {
        Expect.waits(Scene.of(3).outdated(0).lag(1, 5000).lag(2, 5000).plan(), "no other voter is healthy enough");
    }

    @Test
    void aDrainedNodeIsWaitedFor() {
        Expect.waits(Scene.of(3).noPod(1).silent(1).plan(), "c-1 has no pod yet");
    }

    @Test
    void whatIsPausedIsLeftAlone() {
        Scene scene = Scene.of(3).outdated(0, 1, 2).wanted(5);
        scene.paused = true;
        Expect.waits(scene.plan(), "spec.paused");
    }
}
