package io.raftgres.operator.plan;

import org.junit.jupiter.api.Test;

/** The claims of members that have left are deleted. */
class DeleteUnusedClaimsTest {

    private final Rule rule = new DeleteUnusedClaims();

    /** c-3 has left: its member, and its pod. */
    private static Scene left() {
        return Scene.of(4).wanted(3).set(3).noPod(3).noMember(3);
    }

    @Test
    void theClaimOfAMemberThatHasLeftIsDeleted() {
        Expect.deleteClaim(3, Expect.fires(rule, left()));
    }

    @Test
    void theClaimStaysWhileItsPodOrMemberIsThere() {
        Expect.waits(Expect.fires(rule, Scene.of(4).wanted(3).set(3).noMember(3)), "c-3", "pod");
        Expect.waits(Expect.fires(rule, Scene.of(4).wanted(3).set(3).noPod(3)), "c-3", "member");
    }

    @Test
    void theClaimStaysWithoutALeader() {
        Expect.waits(Expect.fires(rule, left().noLeader()), "c-3", "no leader");
    }

    @Test
    void theClaimStaysWhileTheSetCountsItsPod() {
        Expect.isSilent(rule, left().set(4));
    }

    @Test
    void aClaimIsDeletedOnce() {
        Expect.isSilent(rule, left().claimDeleted(3));
    }

    @Test
    void theClaimsOfWantedMembersStay() {
        Expect.isSilent(rule, Scene.of(3).noPod(2).noMember(2));
    }
}
