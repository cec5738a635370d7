package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.raftgres.operator.model.SetView;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Claims grow without a stop of a pod; one that an administrator has deleted is replaced while the others are well. */
class ClaimsTest {

    private static Scene larger() {
        Scene scene = Scene.of(3);
        scene.bytes = 20;
        return scene;
    }

    @Test
    void claimsGrowAndThenTheirTemplate() {
        Scene scene = larger().claimBytes(0, 20, true);
        assertEquals(1, assertInstanceOf(Step.ResizeClaim.class, scene.plan()).ordinal());
        scene.claimBytes(1, 20, true).claimBytes(2, 20, true);
        assertEquals(
                "set", assertInstanceOf(Step.RecreateSet.class, scene.plan()).uid());
    }

    @Test
    void aFullDiskMayBeWhyAPodIsNotReadyOrALeaderIsMissing() {
        assertInstanceOf(Step.ResizeClaim.class, larger().unready(1).outdated(0).plan());
        assertInstanceOf(Step.ResizeClaim.class, larger().noLeader().plan());
    }

    @Test
    void aClassThatDoesNotGrowHoldsNothingUp() {
        Expect.restart(
                2,
                larger().claimBytes(0, 10, false)
                        .claimBytes(1, 20, true)
                        .claimBytes(2, 20, true)
                        .outdated(2)
                        .plan());
        Scene scene = larger().claimBytes(0, 10, false).claimBytes(1, 20, true).claimBytes(2, 20, true);
        assertInstanceOf(Step.RecreateSet.class, scene.plan());
        scene.set = Optional.of(new SetView("set", 3, "r1", 20, OptionalLong.empty(), ""));
        Expect.stuck(scene.plan(), "data-c-0", "allowVolumeExpansion");
    }

    @Test
    void theSetIsMadeAgainAroundItsPods() {
        Scene scene = Scene.of(3).noPod(2);
        scene.set = Optional.empty();
        assertEquals(3, assertInstanceOf(Step.CreateSet.class, scene.plan()).replicas());
        // Also when a scale-out was asked for meanwhile, and when it is to be smaller.
        assertEquals(
                3,
                assertInstanceOf(Step.CreateSet.class, scene.wanted(5).plan()).replicas());
        assertEquals(
                3,
                assertInstanceOf(Step.CreateSet.class, scene.wanted(1).plan()).replicas());
    }

    @Test
    void aDeletedClaimIsReleasedWhenTheOthersHaveAll() {
        Expect.restart(1, Scene.of(3).claimDeleted(1).plan());
        Expect.waits(Scene.of(3).claimDeleted(1).lag(2, 5000).plan(), "data-c-1", "c-2 is not up to date");
        Expect.waits(Scene.of(3).claimDeleted(1).silent(2).plan(), "data-c-1", "c-2 is not up to date");
        Expect.transfer(2, Scene.of(3).claimDeleted(0).lag(1, 1).plan());
    }

    @Test
    void theOnlyVotersDeletedClaimIsNotReleased() {
        Expect.stuck(Scene.of(1).claimDeleted(0).plan(), "data-c-0", "Set spec.replicas to 3");
        Expect.replicas(1, 2, Scene.of(1).claimDeleted(0).wanted(3).plan());
        Expect.stuck(Scene.of(1).claimDeleted(0).outdated(0).plan(), "data-c-0");
    }

    @Test
    void aClusterWithADeletedClaimDoesNotHibernateBeforeItsMemberIsReplaced() {
        Scene scene = Scene.of(3).claimDeleted(1);
        scene.hibernated = true;
        Expect.restart(1, scene.plan());
    }

    @Test
    void noVoterLeavesWhileTheClaimOfAnotherGoes() {
        Expect.waits(Scene.of(3).wanted(1).claimDeleted(0).lag(1, 2000).plan(), "data-c-0");
    }
}
