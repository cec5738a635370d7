package io.raftgres.linearizability;

import java.util.List;

/** What a {@link Checker} found. */
public sealed interface Verdict {

    /** Some order explains every answer. */
    record Ok(long operations, int keys) implements Verdict {}

    /**
     * No order explains the operations on this key.
     *
     * @param window few operations that cannot all be explained, whatever the others did; by invocation
     */
    record Violation(String key, List<Operation> window) implements Verdict {
        @Override
        public String toString() {
            StringBuilder text = new StringBuilder("key '").append(key).append("' is not linearizable: no order of");
            text.append(" its operations explains these ").append(window.size()).append(" (times in ns):");
            window.forEach(operation -> text.append("\n  ").append(operation));
            return text.toString();
        }
    }

    /** The bound on states was reached before an answer was found. */
    record Undecided(String key, long states) implements Verdict {}

    default boolean ok() {
        return this instanceof Ok;
    }
}
