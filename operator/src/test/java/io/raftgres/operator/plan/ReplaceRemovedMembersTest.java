package io.raftgres.operator.plan;

import org.junit.jupiter.api.Test;

/** A pod with the data of a removed member loses its claim, so that a new member can join. */
class ReplaceRemovedMembersTest {

    private final Rule rule = new ReplaceRemovedMembers();

    @Test
    void theClaimOfARemovedMemberIsDeleted() {
        Expect.deleteClaim(2, Expect.fires(rule, Scene.of(3).removed(2)));
    }

    @Test
    void theLeaderHasToSayTooThatItIsNoMember() {
        Scene scene = Scene.of(3).removed(2);
        scene.members.put(2, Scene.member(2));
        Expect.waits(Expect.fires(rule, scene), "c-2");
        Expect.waits(Expect.fires(rule, Scene.of(3).removed(2).noLeader()), "c-2");
    }

    @Test
    void aClaimIsDeletedOnce() {
        Expect.isSilent(rule, Scene.of(3).removed(2).claimDeleted(2));
    }

    @Test
    void aRemovedMemberThatIsNotWantedIsLeftToDeleteLeftovers() {
        Expect.isSilent(rule, Scene.of(3).removed(2).wanted(2));
    }

    @Test
    void theClaimsOfMembersStay() {
        Expect.isSilent(rule, Scene.of(3));
    }
}
