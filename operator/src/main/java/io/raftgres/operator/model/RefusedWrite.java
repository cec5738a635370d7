package io.raftgres.operator.model;

import java.util.Optional;

/**
 * A write that was not accepted. It stands until the same write succeeds, or is not wanted any more.
 *
 * @param kind of the object, such as {@code StatefulSet}
 * @param name of the object
 * @param sentence what was refused, why, and what to do; one line
 * @param heldBack key of the step that was refused and is to be tried later; empty for a step that may be tried now,
 *     and for a write that is no step
 */
public record RefusedWrite(String kind, String name, Reason reason, String sentence, Optional<String> heldBack) {

    /** In the order of severity, the most severe first. */
    public enum Reason {
        /** The API server or a controller of Kubernetes does not accept it: an administrator has to act. */
        REFUSED,
        /** Another object has the name: an administrator has to act. */
        NOT_OURS,
        /** The operator tries again by itself. */
        FAILED
    }
}
