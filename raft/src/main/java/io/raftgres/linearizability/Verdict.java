package io.raftgres.linearizability;

import java.util.List;

/** The result of a {@link Checker}. */
public sealed interface Verdict {

    /** Some order of the operations explains every response. */
    record Ok(long operations, int keys) implements Verdict {}

    /**
     * No order explains the operations on this key.
     *
     * @param window a few operations that contradict each other, whatever the others did; by invocation
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

    /** The search reached the bound on states before it found a verdict. */
    record Undecided(String key, long states) implements Verdict {}

    default boolean ok() {
        return this instanceof Ok;
    }
}
