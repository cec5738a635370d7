package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimCondition;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimStatus;
import io.raftgres.operator.model.ResizeView;
import java.util.List;
import java.util.Optional;

/** Reads from the status of a claim how its growth proceeds. */
final class ClaimResize {

    private static final List<String> ERRORS = List.of("ControllerResizeError", "NodeResizeError");
    private static final List<String> STAGES = List.of("FileSystemResizePending", "Resizing");

    private ClaimResize() {}

    static Optional<ResizeView> of(PersistentVolumeClaim claim) {
        PersistentVolumeClaimStatus status = claim.getStatus();
        if (status == null) {
            return Optional.empty();
        }
        return condition(status, ERRORS)
                .map(error -> new ResizeView(true, sentence(error)))
                .or(() -> infeasible(status))
                .or(() -> condition(status, STAGES).map(stage -> new ResizeView(false, sentence(stage))));
    }

    /** Kubernetes before 1.31 reports "Failed", later releases report "Infeasible". */
    private static Optional<ResizeView> infeasible(PersistentVolumeClaimStatus status) {
        String resize = status.getAllocatedResourceStatuses() == null
                ? null
                : status.getAllocatedResourceStatuses().get("storage");
        return Optional.ofNullable(resize)
                .filter(it -> it.endsWith("Infeasible") || it.endsWith("Failed"))
                .map(it -> new ResizeView(true, it));
    }

    private static Optional<PersistentVolumeClaimCondition> condition(
            PersistentVolumeClaimStatus status, List<String> types) {
        return types.stream()
                .flatMap(type -> status.getConditions().stream()
                        .filter(it -> type.equals(it.getType()) && "True".equals(it.getStatus())))
                .findFirst();
    }

    private static String sentence(PersistentVolumeClaimCondition condition) {
        String message =
                condition.getMessage() == null ? "" : condition.getMessage().strip();
        return (condition.getType() + (message.isEmpty() ? "" : ": " + message)).replaceAll("\\s+", " ");
    }
}
