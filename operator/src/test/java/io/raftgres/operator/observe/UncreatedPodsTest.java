package io.raftgres.operator.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Why Kubernetes cannot create a pod is in the latest event of the StatefulSet that names it. */
class UncreatedPodsTest {

    private static Event event(String time, String reason, String message) {
        return new EventBuilder()
                .withLastTimestamp("2026-01-01T00:00:" + time + "Z")
                .withReason(reason)
                .withMessage(message)
                .build();
    }

    private static final Event CLAIM =
            event("01", "SuccessfulCreate", "Create Claim data-c-1 Pod c-1 in StatefulSet c success");
    private static final Event FAILED = event(
            "01",
            "FailedCreate",
            "Create Pod c-1 in StatefulSet c failed error: pods \"c-1\" is forbidden:\n violates PodSecurity");
    private static final Event LATER = event("05", "SuccessfulCreate", "Create Pod c-1 in StatefulSet c successful");

    @Test
    void theLatestEventCounts() {
        Map<String, String> refusals = Map.of("c-1", "pods \"c-1\" is forbidden: violates PodSecurity");
        assertEquals(refusals, UncreatedPods.refusals(List.of("c-0", "c-1"), List.of(FAILED, CLAIM)));
        assertEquals(refusals, UncreatedPods.refusals(List.of("c-1"), List.of(CLAIM, FAILED)));
        assertEquals(Map.of(), UncreatedPods.refusals(List.of("c-1"), List.of(LATER, FAILED)));
        assertEquals(Map.of(), UncreatedPods.refusals(List.of("c-11"), List.of(FAILED)));
    }

    @Test
    void aClaimThatCannotBeCreatedIsToldToo() {
        Event claim = event(
                "01",
                "FailedCreate",
                "create Claim data-c-0 for Pod c-0 in StatefulSet c failed error: exceeded quota: q");
        assertEquals(Map.of("c-0", "exceeded quota: q"), UncreatedPods.refusals(List.of("c-0"), List.of(claim)));
    }
}
