package io.raftgres.operator.condition;

import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RefusedWrite;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Whether every write that the operator wants was accepted. If not, the message names each that was not. */
public final class Reconciled {

    private static final String TYPE = "Reconciled";

    private Reconciled() {}

    static Condition of(Observed seen) {
        List<RefusedWrite> refused = seen.refused().stream()
                .sorted(Comparator.comparing(RefusedWrite::reason))
                .toList();
        if (refused.isEmpty()) {
            return Condition.when(TYPE, true, "AllAccepted", "every object was written as the spec asks");
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

    /** @param sentence what went wrong in the operator itself, and what to do */
    public static Condition failed(String sentence) {
        return Condition.when(TYPE, false, "InternalError", sentence);
    }
}
