package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.raftgres.operator.model.ImagePolicy;
import java.util.Optional;
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
}
