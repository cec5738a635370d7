package io.raftgres.operator.plan;

import org.junit.jupiter.api.Test;

/** A member whose claim was deleted is replaced while the other members are well. */
class ReplaceDeletedClaimsTest {

    private final Rule rule = new ReplaceDeletedClaims();

    @Test
    void theMemberIsRestartedToGetANewClaim() {
        Expect.restart(1, Expect.fires(rule, Scene.of(3).claimDeleted(1)));
    }

    @Test
    void theLeaderTransfersLeadershipFirst() {
        Expect.transfer(1, Expect.fires(rule, Scene.of(3).claimDeleted(0)));
    }

    @Test
    void aLearnerIsRemovedFirst() {
        Expect.remove(2, Expect.fires(rule, Scene.of(3).learner(2).claimDeleted(2)));
    }

    @Test
    void theDataStaysUntilAllOthersHaveIt() {
        Expect.waits(Expect.fires(rule, Scene.of(3).claimDeleted(1).lag(2, 5000)), "data-c-1", "c-2");
        Expect.waits(Expect.fires(rule, Scene.of(3).claimDeleted(1).silent(2)), "data-c-1", "c-2");
    }

    @Test
    void theOnlyVotersDataStays() {
        Expect.stuck(Expect.fires(rule, Scene.of(1).claimDeleted(0)), "data-c-0", "spec.replicas");
        Expect.isSilent(rule, Scene.of(1).claimDeleted(0).wanted(3));
    }

    @Test
    void aMemberThatIsToLeaveIsLeftToScaleIn() {
        Expect.isSilent(rule, Scene.of(3).claimDeleted(2).wanted(2));
    }

    @Test
    void claimsThatWereNotDeletedStay() {
        Expect.isSilent(rule, Scene.of(3));
    }
}
