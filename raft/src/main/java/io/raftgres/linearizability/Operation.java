package io.raftgres.linearizability;

import java.util.Objects;

/**
 * One operation of a history.
 *
 * @param client who asked; for people only
 * @param key the register it is about
 * @param invokedNs when the client asked, in nanoseconds of any clock common to the history
 * @param returnedNs when the client had the response; {@link #NEVER} when {@code result} is unknown
 */
public record Operation(long client, String key, Action action, Result result, long invokedNs, long returnedNs) {

    /** The return time of an operation whose outcome is unknown. */
    public static final long NEVER = Long.MAX_VALUE;

    public Operation {
        Objects.requireNonNull(key);
        Objects.requireNonNull(action);
        Objects.requireNonNull(result);
        if (result instanceof Result.Unknown) {
            returnedNs = NEVER;
        }
        if (returnedNs < invokedNs) {
            throw new IllegalArgumentException("operation returned before it was invoked: " + action);
        }
        if (!fits(action, result)) {
            throw new IllegalArgumentException(action + " cannot end in " + result);
        }
    }

    private static boolean fits(Action action, Result result) {
        return switch (result) {
            case Result.Failed _, Result.Unknown _ -> true;
            case Result.Written _ -> !(action instanceof Action.Get);
            case Result.Found _ -> action instanceof Action.Get;
            case Result.Absent _ -> action instanceof Action.Get || action instanceof Action.Delete;
            case Result.Mismatch _ -> action instanceof Action.CompareAndSet;
        };
    }

    /** @return the operation with any time of effect; it may also have had no effect if its revision is unknown */
    Operation timeless() {
        boolean reported = result instanceof Result.Written(long revision) && revision != Result.UNKNOWN_REVISION;
        return reported ? new Operation(client, key, action, result, Long.MIN_VALUE, NEVER) : uncertain();
    }

    /** @return the operation with an unknown outcome: it took effect at any time, or never */
    Operation uncertain() {
        return new Operation(client, key, action, new Result.Unknown(), Long.MIN_VALUE, NEVER);
    }

    /** @return the operation as it looked at {@code timeNs}, before it had returned */
    Operation pending() {
        return new Operation(client, key, action, new Result.Unknown(), invokedNs, NEVER);
    }

    @Override
    public String toString() {
        String end = returnedNs == NEVER ? "?" : Long.toString(returnedNs);
        return "[" + invokedNs + " .. " + end + "] client " + client + " " + action + " -> " + result;
    }
}
