package io.raftgres.linearizability;

import java.util.HashMap;
import java.util.Map;

/**
 * The sequential specification: one key with mod revisions that only grow. If the response to a write got lost, its
 * revision is unknown until a client reads it.
 *
 * @param value number of the current value, {@link #ABSENT} for none
 * @param revision mod revision of the value, {@link #UNKNOWN} when no response has named it, 0 when absent
 * @param floor largest revision known to be at or below the current one
 */
record Register(int value, long revision, long floor) {
    static final int ABSENT = -1;
    static final long UNKNOWN = -1;
    static final Register EMPTY = new Register(ABSENT, 0, 0);

    /** An operation with its value as a number, so that the search compares no strings. */
    record Step(Kind kind, int value, long expected, long reported) {}

    enum Kind {
        PUT,
        DELETE,
        DELETE_NOTHING,
        SWAP,
        SWAP_REFUSED,
        GET_VALUE,
        GET_NOTHING,
        MAYBE_DELETE
    }

    /** @return the state after the step, this state for a pure read, null when the step is impossible now */
    Register after(Step step) {
        return switch (step.kind()) {
            case PUT -> write(step.value(), step.reported(), floor);
            case DELETE -> value == ABSENT ? null : erase(step.reported());
            case MAYBE_DELETE -> value == ABSENT ? this : erase(Result.UNKNOWN_REVISION);
            case DELETE_NOTHING, GET_NOTHING -> value == ABSENT ? this : null;
            case SWAP -> swap(step);
            case SWAP_REFUSED -> refuse(step.expected());
            case GET_VALUE -> get(step.value(), step.reported());
        };
    }

    private Register write(int next, long reported, long above) {
        if (reported == Result.UNKNOWN_REVISION) {
            return new Register(next, UNKNOWN, above);
        }
        return reported > above ? new Register(next, reported, reported) : null;
    }

    private Register erase(long reported) {
        if (reported == Result.UNKNOWN_REVISION) {
            return new Register(ABSENT, 0, floor);
        }
        return reported > floor ? new Register(ABSENT, 0, reported) : null;
    }

    private Register swap(Step step) {
        if (step.expected() == 0) {
            return value == ABSENT ? write(step.value(), step.reported(), floor) : null;
        }
        return mayBeAt(step.expected()) ? write(step.value(), step.reported(), Math.max(floor, step.expected())) : null;
    }

    private Register refuse(long expected) {
        boolean certainlyMatches = expected == 0 ? value == ABSENT : value != ABSENT && revision == expected;
        return certainlyMatches ? null : this;
    }

    private Register get(int found, long reported) {
        if (value != found) {
            return null;
        }
        if (reported == Result.UNKNOWN_REVISION || revision == reported) {
            return this;
        }
        return mayBeAt(reported) ? new Register(value, reported, reported) : null;
    }

    private boolean mayBeAt(long expected) {
        return value != ABSENT && (revision == expected || revision == UNKNOWN && expected > floor);
    }

    /** @return the step for an operation, null when it can neither have had an effect nor reveal anything */
    static Step step(Operation operation, Map<String, Integer> numbers) {
        boolean unknown = operation.result() instanceof Result.Unknown;
        if (operation.result() instanceof Result.Failed || unknown && operation.action() instanceof Action.Get) {
            return null;
        }
        long reported =
                operation.result() instanceof Result.Written(long revision) ? revision : Result.UNKNOWN_REVISION;
        return switch (operation.action()) {
            case Action.Put(String put) -> new Step(Kind.PUT, number(put, numbers), 0, reported);
            case Action.Delete _ ->
                new Step(
                        unknown
                                ? Kind.MAYBE_DELETE
                                : operation.result() instanceof Result.Absent ? Kind.DELETE_NOTHING : Kind.DELETE,
                        0,
                        0,
                        reported);
            case Action.CompareAndSet(long expected, String put) ->
                new Step(
                        operation.result() instanceof Result.Mismatch ? Kind.SWAP_REFUSED : Kind.SWAP,
                        number(put, numbers),
                        expected,
                        reported);
            case Action.Get _ ->
                operation.result() instanceof Result.Found(String found, long revision)
                        ? new Step(Kind.GET_VALUE, number(found, numbers), 0, revision)
                        : new Step(Kind.GET_NOTHING, 0, 0, 0);
        };
    }

    private static int number(String text, Map<String, Integer> numbers) {
        Integer known = numbers.putIfAbsent(text, numbers.size());
        return known == null ? numbers.size() - 1 : known;
    }

    static Map<String, Integer> numbers() {
        return new HashMap<>();
    }
}
