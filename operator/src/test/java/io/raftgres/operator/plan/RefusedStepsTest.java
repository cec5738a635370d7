package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.model.RefusedWrite.Reason;
import org.junit.jupiter.api.Test;

/** A refused step stops no other step, and the plan is not done while a refused write stands. */
class RefusedStepsTest {

    private static final String QUOTA = "the API server refuses it: exceeded quota";

    private static Step resize(int ordinal) {
        return new Step.ResizeClaim(ClaimKind.DATA, ordinal, "claim" + ordinal, 20);
    }

    /** The growth of every claim was refused. */
    private static Scene growthRefused() {
        Scene scene = Scene.of(3);
        scene.bytes = 20;
        return scene.heldBack(resize(0), QUOTA).heldBack(resize(1), QUOTA).heldBack(resize(2), QUOTA);
    }

    private static Step restart(int ordinal) {
        return new Step.RestartPod(ordinal, "another version", "another reason");
    }

    @Test
    void aRefusedGrowthHoldsUpNoHealingRollingOrScaling() {
        Expect.restart(1, growthRefused().unready(1).outdated(1).plan());
        Expect.restart(2, growthRefused().outdated(1, 2).plan());
        Expect.replicas(3, 4, growthRefused().wanted(5).plan());
        Expect.restart(1, growthRefused().claimDeleted(1).plan());
    }

    @Test
    void aRefusedStepIsTriedAgainWhenItIsDueAndNothingElseIsToBeDone() {
        Scene scene =
                Scene.of(3).due(resize(0), QUOTA).heldBack(resize(1), QUOTA).heldBack(resize(2), QUOTA);
        scene.bytes = 20;
        assertEquals(resize(0), scene.plan());
        Expect.restart(2, scene.outdated(1, 2).plan());
    }

    @Test
    void aRefusedGrowthIsWaitedFor() {
        Expect.stuck(growthRefused().plan(), QUOTA);
    }

    @Test
    void anotherClaimGrows() {
        Scene scene = Scene.of(3).heldBack(resize(0), QUOTA);
        scene.bytes = 20;
        assertEquals(resize(1), scene.plan());
    }

    @Test
    void anotherGrowthOfTheSameClaimIsTried() {
        Scene scene = growthRefused();
        scene.bytes = 15;
        assertEquals(15, assertInstanceOf(Step.ResizeClaim.class, scene.plan()).bytes());
    }

    @Test
    void aRefusedRestartHoldsUpNoOtherPodButTheLeaders() {
        Expect.restart(
                1, Scene.of(3).outdated(0, 1, 2).heldBack(restart(2), QUOTA).plan());
        Expect.stuck(
                Scene.of(3)
                        .outdated(0, 1, 2)
                        .heldBack(restart(1), QUOTA)
                        .heldBack(restart(2), QUOTA)
                        .plan(),
                QUOTA);
        Expect.restart(
                1,
                Scene.of(3)
                        .unready(1, 2)
                        .outdated(1, 2)
                        .heldBack(restart(2), QUOTA)
                        .plan());
    }

    /** Otherwise the leadership moves to and fro, once for each attempt. */
    @Test
    void aLeaderWhoseRestartIsRefusedKeepsItsLeadership() {
        Expect.stuck(Scene.of(3).outdated(0).heldBack(restart(0), QUOTA).plan(), QUOTA);
        Expect.stuck(Scene.of(3).claimDeleted(0).heldBack(restart(0), QUOTA).plan(), QUOTA);
    }

    @Test
    void aRefusedDeletionOfAClaimHoldsUpNoOther() {
        Scene scene = Scene.of(5).noPod(3, 4).noMember(3, 4).set(3).wanted(3);
        scene.heldBack(new Step.DeleteClaim(ClaimKind.DATA, 3, "claim3", "why"), QUOTA);
        Expect.deleteClaim(4, scene.plan());
    }

    @Test
    void aGateWhoseStepIsRefusedEndsThePlan() {
        Scene scene = Scene.of(3).outdated(1);
        scene.set = java.util.Optional.empty();
        Expect.stuck(scene.heldBack(new Step.CreateSet(3, "why"), QUOTA).plan(), QUOTA);
    }

    @Test
    void nothingIsDoneWhileARefusedWriteStands() {
        Expect.stuck(Scene.of(3).refused("Service", Reason.REFUSED, QUOTA).plan(), QUOTA);
        Expect.waits(
                Scene.of(3)
                        .refused("Service", Reason.FAILED, "no leader of etcd")
                        .plan(),
                "no leader of etcd");
        Scene hibernated = Scene.of(3).noPods().set(0).refused("Service", Reason.REFUSED, QUOTA);
        hibernated.hibernated = true;
        Expect.stuck(hibernated.plan(), QUOTA);
    }

    @Test
    void aRefusedPodMonitorIsNotWaitedFor() {
        Expect.done(Scene.of(3).refused("PodMonitor", Reason.REFUSED, QUOTA).plan());
    }

    /** A drain could cost the quorum of the members that are left. */
    @Test
    void noMemberIsRemovedWhileTheDisruptionBudgetIsRefused() {
        Expect.stuck(
                Scene.of(3)
                        .wanted(1)
                        .refused("PodDisruptionBudget", Reason.REFUSED, QUOTA)
                        .plan(),
                "c-2",
                QUOTA);
    }

    @Test
    void aWaitForSomethingElseNamesTheRefusalToo() {
        Expect.waits(
                Scene.of(3).learner(2).refused("Service", Reason.REFUSED, QUOTA).plan(), "c-2 is a learner", QUOTA);
    }

    /** It could be deleted, and then not be created again. */
    @Test
    void theSetIsNotMadeAgainWhileItsTemplateIsRefused() {
        Scene scene = Scene.of(3)
                .claimBytes(0, 20, true)
                .claimBytes(1, 20, true)
                .claimBytes(2, 20, true)
                .refused("StatefulSet", Reason.REFUSED, QUOTA);
        scene.bytes = 20;
        Expect.stuck(scene.plan(), QUOTA);
    }
}
