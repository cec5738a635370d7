package io.raftgres.operator.plan;

import org.junit.jupiter.api.Test;

/** The cluster is as wanted only when every member is a voter that is well. */
class AwaitHealthTest {

    private final Rule rule = new AwaitHealth();

    @Test
    void theWaitNamesTheMemberAndWhatItLacks() {
        Expect.waits(Expect.fires(rule, Scene.of(3).noPod(2)), "c-2", "pod");
        Expect.waits(Expect.fires(rule, Scene.of(3).noMember(2)), "c-2", "joined");
        Expect.waits(Expect.fires(rule, Scene.of(3).learner(2).lag(2, 40)), "c-2", "learner", "40");
        Expect.waits(Expect.fires(rule, Scene.of(3).silent(2)), "c-2", "leader");
        Expect.waits(Expect.fires(rule, Scene.of(3).unready(2)), "c-2", "ready");
    }

    @Test
    void aPodThatIsNotWantedIsWaitedForUntilItHasStopped() {
        Expect.waits(Expect.fires(rule, Scene.of(3).wanted(2)), "c-2", "stopping");
    }

    @Test
    void aPodThatCannotRunNeedsAPerson() {
        Expect.stuck(Expect.fires(rule, Scene.of(3).broken(2)), "c-2", "correct spec.image");
    }

    @Test
    void votersThatAreWellAreAsWanted() {
        Expect.isSilent(rule, Scene.of(3));
    }
}
