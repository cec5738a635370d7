package io.raftgres.operator.model;

import java.util.Optional;
import java.util.Set;

/**
 * A write that was not accepted, or a read that one depends on. It stands until the same write succeeds, or is not
 * wanted any more.
 *
 * @param kind of the object, such as {@code StatefulSet}
 * @param name of the object
 * @param sentence what was refused, why, and what to do; one line
 * @param step key of the step that was refused; empty for a write that is no step
 * @param due the step may be tried again now
 */
public record RefusedWrite(
        String kind, String name, Reason reason, String sentence, Optional<String> step, boolean due) {

    /** Events only explain what is missing. Services that cannot be listed are at most a few too many. */
    private static final Set<String> OPTIONAL = Set.of("PodMonitor", "EventList", "ServiceList");

    /** A refused write that is no step. */
    public RefusedWrite(String kind, String name, Reason reason, String sentence) {
        this(kind, name, reason, sentence, Optional.empty(), false);
    }

    /** In the order of severity, the most severe first. */
    public enum Reason {
        /** The API server or a controller of Kubernetes does not accept it: an administrator has to act. */
        REFUSED,
        /** Another object has the name: an administrator has to act. */
        NOT_OURS,
        /** The operator tries again by itself. */
        FAILED
    }

    /** Whether the cluster works as its spec says without the object: its refusal is reported, and holds up nothing. */
    public boolean isOptional() {
        return OPTIONAL.contains(kind);
    }

    /** Whether an administrator has to act before the cluster is as its spec says. */
    public boolean isStuck() {
        return reason != Reason.FAILED && !isOptional();
    }
}
