package io.raftgres.operator.plan;

import org.junit.jupiter.api.Test;

/** One pod is added at a time, and the next when its member votes. */
class ScaleOutTest {

    private final Rule rule = new ScaleOut();

    @Test
    void onePodIsAdded() {
        Expect.replicas(1, 2, Expect.fires(rule, Scene.of(1).wanted(3)));
        Expect.replicas(2, 3, Expect.fires(rule, Scene.of(2).wanted(3)));
    }

    @Test
    void theNextPodWaitsUntilEveryMemberIsAVoterThatAnswers() {
        Expect.waits(Expect.fires(rule, Scene.of(2).wanted(3).learner(1)), "c-1");
        Expect.waits(Expect.fires(rule, Scene.of(2).wanted(3).noMember(1)), "c-1");
        Expect.waits(Expect.fires(rule, Scene.of(2).wanted(3).silent(1)), "c-1");
    }

    @Test
    void aClusterThatIsLargeEnoughGetsNoPod() {
        Expect.isSilent(rule, Scene.of(3));
        Expect.isSilent(rule, Scene.of(3).wanted(1));
    }
}
