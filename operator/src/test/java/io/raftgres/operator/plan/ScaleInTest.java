package io.raftgres.operator.plan;

import org.junit.jupiter.api.Test;

/** Members that are not wanted leave one by one, and their pods stop after that. */
class ScaleInTest {

    private final Rule rule = new ScaleIn();

    @Test
    void theHighestMemberLeavesFirst() {
        Expect.remove(4, Expect.fires(rule, Scene.of(5).wanted(3)));
        Expect.remove(10, Expect.fires(rule, Scene.of(11).wanted(9)));
    }

    @Test
    void thePodStopsWhenItsMemberHasLeft() {
        Expect.replicas(5, 4, Expect.fires(rule, Scene.of(5).wanted(3).noMember(4)));
    }

    @Test
    void theLeaderTransfersLeadershipFirst() {
        Expect.transfer(0, Expect.fires(rule, Scene.of(3).wanted(2).leader(2)));
    }

    @Test
    void aMemberWithoutAPodLeavesToo() {
        Expect.remove(
                3, Expect.fires(rule, Scene.of(4).wanted(3).set(3).noPod(3).silent(3)));
    }

    @Test
    void aMemberStaysWhileTheOthersWouldBeNoQuorum() {
        Expect.waits(Expect.fires(rule, Scene.of(3).wanted(2).broken(1)), "c-2");
        Expect.waits(Expect.fires(rule, Scene.of(3).wanted(2).lag(1, 5000)), "c-2");
    }

    @Test
    void aMemberStaysWhileOneOfTheTwoOthersIsNotWell() {
        Expect.waits(Expect.fires(rule, Scene.of(3).wanted(2).unready(1)), "c-2", "c-1");
        Expect.waits(Expect.fires(rule, Scene.of(3).wanted(1).unready(0).leader(1)), "c-2", "c-0");
    }

    @Test
    void aMemberStaysWhileTheClaimOfAnotherIsDeleted() {
        Expect.waits(Expect.fires(rule, Scene.of(4).wanted(3).claimDeleted(1)), "data-c-1");
    }

    @Test
    void withoutALeaderNoMemberLeaves() {
        Expect.waits(Expect.fires(rule, Scene.of(3).wanted(2).noLeader()), "c-2");
    }

    @Test
    void wantedMembersStay() {
        Expect.isSilent(rule, Scene.of(3));
        Expect.isSilent(rule, Scene.of(3).wanted(5));
    }
}
