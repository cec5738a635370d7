package io.raftgres.operator.plan;

import org.junit.jupiter.api.Test;

/** Members come and go one at a time, and never the wrong one. */
class ScalingTest {

    @Test
    void whatIsAsWantedIsDone() {
        Expect.done(Scene.of(3).plan());
        Expect.done(Scene.of(1).plan());
    }

    @Test
    void onePodMoreAtATime() {
        Expect.replicas(1, 2, Scene.of(1).wanted(3).plan());
        Expect.waits(Scene.of(2).wanted(3).learner(1).plan(), "c-1", "voter");
        Expect.replicas(2, 3, Scene.of(2).wanted(3).plan());
    }

    @Test
    void scalingOutSaysWhyItWaits() {
        Expect.stuck(Scene.of(2).wanted(3).broken(1).noMember(1).plan(), "c-1", "correct spec.image");
    }

    @Test
    void theHighestMemberLeavesBeforeItsPodDoes() {
        Scene scene = Scene.of(5).wanted(3);
        Expect.remove(4, scene.plan());
        Expect.replicas(5, 4, scene.noMember(4).plan());
        Expect.remove(3, scene.set(4).plan());
        Expect.replicas(4, 3, scene.noMember(3).plan());
    }

    @Test
    void ordinalTenIsHigherThanNine() {
        // Sorted as text, c-9 would go first.
        Expect.remove(10, Scene.of(11).wanted(9).plan());
    }

    @Test
    void aLeaderThatLeavesHandsOverToTheFurthestThatStays() {
        Expect.transfer(1, Scene.of(5).wanted(3).leader(4).lag(0, 5).lag(2, 7).plan());
        // c-3 is as far, but would leave next.
        Expect.transfer(
                1, Scene.of(5).wanted(3).leader(4).lag(0, 5).lag(1, 1).lag(2, 7).plan());
    }

    @Test
    void nobodyIsRemovedWhenTheRestWouldBeNoQuorum() {
        Expect.stuck(
                Scene.of(3).wanted(1).broken(1).leader(0).plan(),
                "c-2",
                "cannot be removed yet",
                "a quorum needs 2",
                "correct spec.image");
    }

    @Test
    void aMemberThatIsDownMayBeRemoved() {
        Expect.remove(2, Scene.of(3).wanted(1).broken(2).plan());
    }

    @Test
    void nobodyIsRemovedWhileTheRestIsBehind() {
        Expect.waits(Scene.of(3).wanted(1).lag(1, 5000).plan(), "c-2", "up to date");
    }

    @Test
    void threeDoNotBecomeTwoWhileTheOneThatStaysIsIll() {
        Expect.waits(Scene.of(3).wanted(1).unready(0).leader(1).plan(), "c-2", "c-0 is not healthy");
        Expect.transfer(0, Scene.of(2).wanted(1).set(2).unready(0).leader(1).plan());
    }

    @Test
    void theOnlyVoterStays() {
        // After the recovery of c-2 the others come back blank.
        Expect.waits(
                Scene.of(3)
                        .wanted(1)
                        .learner(0)
                        .learner(1)
                        .leader(2)
                        .noMember(1)
                        .set(3)
                        .plan(),
                "c-2",
                "only voter");
    }

    @Test
    void membersWithoutAPodLeaveToo() {
        // Five members, deleted and applied again with three.
        Expect.remove(
                4, Scene.of(5).wanted(3).set(3).noPod(3, 4).silent(3).silent(4).plan());
    }

    @Test
    void scalingWaitsForALeader() {
        Expect.waits(Scene.of(3).wanted(1).noLeader().plan(), "no leader");
        Expect.waits(Scene.of(3).wanted(5).noResponse().plan(), "no node answers");
    }

    @Test
    void claimsGoAfterPodAndMember() {
        Scene scene = Scene.of(4).wanted(3).set(3);
        Expect.remove(3, scene.plan());
        Expect.waits(scene.noMember(3).plan(), "c-3", "pod is still there");
        Expect.deleteClaim(3, scene.noPod(3).plan());
        Expect.done(scene.noClaim(3).plan());
    }

    @Test
    void noClaimGoesWithoutALeader() {
        Expect.waits(
                Scene.of(4).wanted(3).set(3).noPod(3).noMember(3).noLeader().plan(), "no leader");
    }

    @Test
    void aRemovedMemberThatIsWantedAgainComesBackBlank() {
        Scene scene = Scene.of(3).removed(2);
        Expect.deleteClaim(2, scene.plan());
        Expect.restart(2, scene.claimDeleted(2).plan());
    }

    @Test
    void whatSaysItWasRemovedIsBelievedOnlyWhenTheLeaderSaysSoToo() {
        Scene scene = Scene.of(3).removed(2);
        scene.members.put(2, Scene.member(2));
        Expect.waits(scene.plan(), "c-2", "it is a member");
        Expect.waits(Scene.of(3).removed(2).noLeader().plan(), "no leader");
    }
}
