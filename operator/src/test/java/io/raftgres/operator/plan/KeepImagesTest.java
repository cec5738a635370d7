package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.operator.model.ImagePolicy;
import io.raftgres.operator.model.SetView;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class KeepImagesTest {

    @Test
    void aRefusedImageIsSaidAndStopsNothingElse() {
        Scene scene = Scene.of(3);
        assertEquals(new Step.Done(), scene.plan());
        scene.images = new ImagePolicy(Optional.of("spec.image is refused"), false);
        assertEquals(new Step.Wait("spec.image is refused", true), scene.plan());
        assertInstanceOf(Step.RestartPod.class, scene.outdated(1).plan());
        assertInstanceOf(Step.SetReplicas.class, Scene.of(3).wanted(5).plan());
    }

    @Test
    void aRefusedImageHidesNoOtherReason() {
        Scene scene = Scene.of(1).claimBytes(0, 10, false);
        scene.images = new ImagePolicy(Optional.of("spec.image is refused"), false);
        scene.bytes = 20;
        scene.set = Optional.of(new SetView("set", 1, "r1", 20, OptionalLong.empty(), ""));
        String growth = Expect.fires(Step.Wait.class, new GrowClaims(), scene).reason();
        assertEquals(
                "spec.image is refused; " + growth,
                assertInstanceOf(Step.Wait.class, scene.plan()).reason());
    }

    @Test
    void theReasonHasALimit() {
        Scene scene = Scene.of(1).claimBytes(0, 10, false);
        scene.images = new ImagePolicy(Optional.of("x".repeat(Planner.REASON_MAX)), false);
        scene.bytes = 20;
        scene.set = Optional.of(new SetView("set", 1, "r1", 20, OptionalLong.empty(), ""));
        Step.Wait wait = assertInstanceOf(Step.Wait.class, scene.plan());
        assertTrue(wait.stuck());
        assertEquals(
                "x".repeat(Planner.REASON_MAX) + "; there are further reasons, which are shown once these are gone",
                wait.reason());
    }
}
