package io.raftgres.operator.plan;

import org.junit.jupiter.api.Test;

/** A pod that is not ready and of an old revision is replaced before all others. */
class ReplaceUnreadyPodsTest {

    private final Rule rule = new ReplaceUnreadyPods();

    @Test
    void anUnreadyPodOfAnOldRevisionIsReplaced() {
        Expect.restart(1, Expect.fires(rule, Scene.of(3).outdated(0, 1).unready(1)));
    }

    @Test
    void theLeaderTransfersLeadershipFirst() {
        Expect.transfer(1, Expect.fires(rule, Scene.of(3).outdated(0).unready(0)));
    }

    @Test
    void aPodThatDoesNotRunGoesBeforeOneThatVotes() {
        Expect.restart(
                1, Expect.fires(rule, Scene.of(5).outdated(1, 2).unready(2).broken(1)));
    }

    @Test
    void aVoterIsNotStoppedWhileAnotherIsDown() {
        Expect.waits(Expect.fires(rule, Scene.of(5).outdated(1).unready(1).noPod(2)), "c-1", "c-2");
    }

    @Test
    void aVoterIsNotStoppedWhileAReplacedPodStarts() {
        Expect.waits(Expect.fires(rule, Scene.of(3).outdated(1).unready(1, 2)), "c-1", "c-2");
    }

    /** The leader makes it a voter at any moment. */
    @Test
    void aLearnerIsNotStoppedWhileAReplacedPodStarts() {
        Expect.waits(
                Expect.fires(rule, Scene.of(4).learner(3).outdated(3).unready(2, 3)), "c-3", "c-2 is not ready yet");
    }

    @Test
    void aVoterThatMayComeUpIsNotStoppedWhileAnotherIsDown() {
        Scene scene = Scene.of(5).outdated(1).unready(1).silent(1).broken(2);
        Expect.waits(Expect.fires(rule, scene), "c-1", "c-2 is not up");
    }

    @Test
    void withoutALeaderOnlyAPodThatCannotRunIsReplaced() {
        Expect.restart(2, Expect.fires(rule, Scene.of(3).noLeader().broken(2).outdated(1, 2)));
        Expect.isSilent(rule, Scene.of(3).noLeader().outdated(1, 2));
    }

    /** All machines are cut off from the API server: it keeps what they have reported, and the pods may serve. */
    @Test
    void withoutALeaderAPodThatTheOperatorCannotReachIsNotReplaced() {
        Scene cut = Scene.of(3)
                .noLeader()
                .brokenAsReported(0, 1, 2)
                .outdated(0, 1, 2)
                .brokenAsReported(0, 1, 2);
        Expect.isSilent(rule, cut);
        Expect.stuck(cut.plan(), "does not replace c-0, c-1 and c-2", "may serve behind a cut", "delete them");
        Expect.restart(1, cut.broken(1).plan());
    }

    @Test
    void aReadyPodOfAnOldRevisionIsLeftToRollPods() {
        Expect.isSilent(rule, Scene.of(3).outdated(1));
    }

    @Test
    void anUnreadyPodOfTheCurrentRevisionIsNotReplaced() {
        Expect.isSilent(rule, Scene.of(3).broken(1));
    }

    @Test
    void aPodThatWouldLoseItsDataIsLeftToReleaseClaims() {
        Expect.isSilent(rule, Scene.of(3).outdated(1).unready(1).claimDeleted(1));
    }
}
