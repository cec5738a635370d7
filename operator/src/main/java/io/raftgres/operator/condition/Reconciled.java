package io.raftgres.operator.condition;

import io.raftgres.operator.model.ClaimView;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RefusedWrite;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Whether every write that the operator wants was accepted. If not, the message names each that was not. */
public final class Reconciled {

    /** A reason: harmless, so the cluster is not stuck. */
    static final String CANNOT_SHRINK = "ClaimsCannotShrink";

    private static final String TYPE = "Reconciled";

    private Reconciled() {}

    static Condition of(Observed seen) {
        List<RefusedWrite> refused = seen.refused().stream()
                .sorted(Comparator.comparing(RefusedWrite::reason))
                .toList();
        if (refused.isEmpty()) {
            return larger(seen);
        }
        String reason = switch (refused.getFirst().reason()) {
            case REFUSED -> "Refused";
            case NOT_OURS -> "NotOurs";
            case FAILED -> "Failed";
        };
        return Condition.when(
                TYPE,
                false,
                reason,
                refused.stream().map(RefusedWrite::sentence).distinct().collect(Collectors.joining("; ")));
    }

    private static Condition larger(Observed seen) {
        String larger = seen.claims().stream()
                .filter(claim -> !claim.terminating())
                .filter(claim -> Math.min(claim.bytes(), claim.capacity()) > wanted(seen, claim))
                .map(claim -> seen.names().claim(claim.kind(), claim.ordinal()) + " has " + claim.capacity()
                        + " bytes, and the spec asks for " + wanted(seen, claim))
                .collect(Collectors.joining("; "));
        return larger.isEmpty()
                ? Condition.when(TYPE, true, "AllAccepted", "every object was written as the spec asks")
                : Condition.when(
                        TYPE,
                        false,
                        CANNOT_SHRINK,
                        "claims cannot shrink: " + larger + ". Set the size in spec.storage to what the claims have, or"
                                + " delete the claims one by one: each member then gets a new claim");
    }

    private static long wanted(Observed seen, ClaimView claim) {
        return seen.wanted().bytes(claim.kind()).orElse(Long.MAX_VALUE);
    }

    /** @param sentence what went wrong in the operator itself, and what to do */
    public static Condition failed(String sentence) {
        return Condition.when(TYPE, false, "InternalError", sentence);
    }
}
