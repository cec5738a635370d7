package io.raftgres.operator.plan;

import io.raftgres.operator.model.ResizeView;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The plan is not done while a claim has less than it requests, and says why. */
class AwaitClaimsTest {

    private final Rule rule = new AwaitClaims();

    private static Scene growing(Optional<ResizeView> resize) {
        Scene scene =
                Scene.of(3).claimBytes(0, 20, true).claimBytes(2, 20, true).claimGrows(1, 20, 10, resize);
        scene.bytes = 20;
        return scene;
    }

    @Test
    void aClaimThatGrowsIsWaitedFor() {
        Expect.waits(Expect.fires(rule, growing(Optional.empty())), "data-c-1 has 10 of 20 bytes");
        Expect.waits(
                Expect.fires(
                        rule, growing(Optional.of(new ResizeView(false, "FileSystemResizePending: when mounted")))),
                "FileSystemResizePending: when mounted");
    }

    @Test
    void aGrowthThatFailsNeedsAnAdministrator() {
        Scene scene = growing(Optional.of(new ResizeView(true, "ControllerResizeError: no space")));
        Expect.stuck(Expect.fires(rule, scene), "data-c-1", "ControllerResizeError: no space", "spec.storage");
        Expect.restart(1, scene.outdated(1).plan());
    }

    @Test
    void aClaimThatHasTheWantedSizeIsDone() {
        Expect.isSilent(rule, Scene.of(3));
        Scene back = growing(Optional.of(new ResizeView(true, "no space")));
        back.bytes = 10;
        Expect.isSilent(rule, back);
    }

    @Test
    void aClaimWithoutADiskIsNotWaitedFor() {
        Expect.isSilent(rule, Scene.of(3).claimGrows(0, 10, 0, Optional.empty()));
    }
}
