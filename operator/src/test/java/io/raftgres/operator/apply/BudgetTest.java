package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.raftgres.operator.plan.Scene;
import io.raftgres.operator.plan.Step;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** The disruption budget counts the voters that there are, not those that the spec asks for. */
class BudgetTest {

    private static final Step WAIT = new Step.Wait("", false);

    @Test
    void threeVotersCountUntilOneIsRemoved() {
        assertEquals(
                OptionalInt.of(3),
                SupportingResources.voters(Scene.of(3).wanted(1).seen(), WAIT));
    }

    @Test
    void theBudgetIsThatOfTheVotersThatAreLeft_BeforeOneIsRemoved() {
        assertEquals(
                OptionalInt.of(2),
                SupportingResources.voters(
                        Scene.of(3).wanted(1).seen(), new Step.RemoveMember("c-2", "id2", "1 replica is wanted")));
    }

    @Test
    void learnersDoNotCount() {
        assertEquals(
                OptionalInt.of(2),
                SupportingResources.voters(Scene.of(3).learner(2).seen(), WAIT));
    }

    @Test
    void withoutALeaderTheBudgetStays() {
        assertEquals(
                OptionalInt.empty(),
                SupportingResources.voters(Scene.of(3).noLeader().seen(), WAIT));
    }

    @Test
    void aNewClusterHasTheBudgetOfItsFirstMembers() {
        Scene unformed = Scene.of(3).noLeader();
        unformed.formed = false;
        assertEquals(OptionalInt.of(3), SupportingResources.voters(unformed.seen(), WAIT));
    }
}
