package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.raftgres.operator.model.SetView;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The StatefulSet is made again when its claim template is smaller than wanted. */
class RenewClaimTemplateTest {

    private final Rule rule = new RenewClaimTemplate();

    /** Every claim has grown, and the claim template has not. */
    private static Scene grown() {
        Scene scene = Scene.of(3);
        scene.bytes = 20;
        return scene.claimBytes(0, 20, true).claimBytes(1, 20, true).claimBytes(2, 20, true);
    }

    @Test
    void theSetIsMadeAgainWhenAllClaimsHaveGrown() {
        assertEquals("set", Expect.fires(Step.RecreateSet.class, rule, grown()).uid());
    }

    @Test
    void aClaimThatCannotGrowIsNotWaitedFor() {
        Expect.fires(Step.RecreateSet.class, rule, grown().claimBytes(1, 10, false));
    }

    @Test
    void aClaimThatIsToGrowIsFirst() {
        Expect.isSilent(rule, grown().claimBytes(1, 10, true));
    }

    @Test
    void scalingIsFirst() {
        Expect.isSilent(rule, grown().wanted(4));
    }

    @Test
    void aTemplateOfTheWantedSizeStays() {
        Scene scene = grown();
        scene.set = Optional.of(new SetView("set", 3, "r1", 20, OptionalLong.empty(), ""));
        Expect.isSilent(rule, scene);
        Expect.isSilent(rule, Scene.of(3));
    }

    /** A growth was taken back: new claims are to have the size in the spec. */
    @Test
    void theTemplateFollowsASizeThatIsSetBackWhileNoClaimIsLarger() {
        Scene scene = Scene.of(3);
        scene.set = Optional.of(new SetView("set", 3, "r1", 20, OptionalLong.empty(), ""));
        Expect.fires(Step.RecreateSet.class, rule, scene);
        Expect.isSilent(rule, scene.claimBytes(1, 20, true));
    }
}
