package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Claims grow to the wanted size and never shrink. */
class GrowClaimsTest {

    private final Rule rule = new GrowClaims();

    private static Scene wanting(long bytes) {
        Scene scene = Scene.of(3);
        scene.bytes = bytes;
        return scene;
    }

    @Test
    void theLowestOrdinalThatIsTooSmallGrows() {
        Step.ResizeClaim resize =
                Expect.fires(Step.ResizeClaim.class, rule, wanting(20).claimBytes(0, 20, true));
        assertEquals(1, resize.ordinal());
        assertEquals(20, resize.bytes());
    }

    @Test
    void aClaimGrowsWithoutALeader() {
        Expect.fires(Step.ResizeClaim.class, rule, wanting(20).noLeader());
    }

    @Test
    void aStorageClassThatCannotGrowNeedsAPersonAndHoldsNothingUp() {
        Scene scene =
                wanting(20).claimBytes(0, 10, false).claimBytes(1, 20, true).claimBytes(2, 20, true);
        Expect.stuck(Expect.fires(rule, scene), "data-c-0", "allowVolumeExpansion");
        assertFalse(rule.isGate());
        scene.claimBytes(1, 10, true);
        assertEquals(1, Expect.fires(Step.ResizeClaim.class, rule, scene).ordinal());
    }

    @Test
    void aClaimThatIsLargeEnoughStays() {
        Expect.isSilent(rule, wanting(10));
        Expect.isSilent(rule, wanting(5));
    }

    @Test
    void aGrowthThatIsNotCompleteIsTakenBackAboveWhatTheClaimHas() {
        Scene scene = wanting(15).claimGrows(0, 20, 10, Optional.empty());
        Step.ResizeClaim resize = Expect.fires(Step.ResizeClaim.class, rule, scene);
        assertEquals(15, resize.bytes());
        Expect.isSilent(rule, wanting(10).claimGrows(0, 20, 10, Optional.empty()));
        Expect.isSilent(rule, wanting(10).claimGrows(0, 20, 20, Optional.empty()));
    }

    @Test
    void aDeletedClaimDoesNotGrow() {
        Scene scene =
                wanting(20).claimBytes(0, 20, true).claimBytes(1, 20, true).claimDeleted(2);
        Expect.isSilent(rule, scene);
    }
}
