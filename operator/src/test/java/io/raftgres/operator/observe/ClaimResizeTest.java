package io.raftgres.operator.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimStatusBuilder;
import io.raftgres.operator.model.ResizeView;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What Kubernetes and the storage driver report of a growth is in the claim's status. */
class ClaimResizeTest {

    private static Optional<ResizeView> resize(UnaryOperator<PersistentVolumeClaimStatusBuilder> status) {
        return ClaimResize.of(new PersistentVolumeClaimBuilder()
                .withStatus(
                        status.apply(new PersistentVolumeClaimStatusBuilder()).build())
                .build());
    }

    private static PersistentVolumeClaimStatusBuilder condition(
            PersistentVolumeClaimStatusBuilder status, String type, String message) {
        return status.addNewCondition()
                .withType(type)
                .withStatus("True")
                .withMessage(message)
                .endCondition();
    }

    @Test
    void aStageOfTheGrowthIsNoFailure() {
        assertEquals(
                Optional.of(new ResizeView(false, "FileSystemResizePending: Waiting for user to (re-)start a pod")),
                resize(status ->
                        condition(status, "FileSystemResizePending", "Waiting for user to\n (re-)start a pod")));
        assertEquals(
                Optional.of(new ResizeView(false, "Resizing")), resize(status -> condition(status, "Resizing", null)));
    }

    @Test
    void anErrorOfTheDriverIsAFailure() {
        assertEquals(
                Optional.of(new ResizeView(true, "ControllerResizeError: no space")),
                resize(status -> condition(condition(status, "Resizing", null), "ControllerResizeError", "no space")));
        assertEquals(
                Optional.of(new ResizeView(true, "NodeResizeInfeasible")),
                resize(status -> status.addToAllocatedResourceStatuses("storage", "NodeResizeInfeasible")));
        assertEquals(
                Optional.of(new ResizeView(true, "ControllerResizeFailed")),
                resize(status -> status.addToAllocatedResourceStatuses("storage", "ControllerResizeFailed")));
    }

    @Test
    void aClaimAtRestReportsNothing() {
        assertEquals(Optional.empty(), ClaimResize.of(new PersistentVolumeClaim()));
        assertEquals(Optional.empty(), resize(status -> condition(status, "Unused", "no pod")));
        assertEquals(
                Optional.empty(),
                resize(status -> status.addToAllocatedResourceStatuses("storage", "NodeResizeInProgress")));
    }
}
