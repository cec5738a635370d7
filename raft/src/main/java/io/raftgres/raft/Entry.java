package io.raftgres.raft;

import java.util.Objects;

/**
 * One entry of the replicated log (Raft paper, figure 2).
 *
 * @param index position in the log, from 1
 * @param term term of the leader that created it, from 1
 * @param kind what {@code data} means
 * @param data the command, the encoded {@link Membership}, or nothing; never changed after construction
 */
public record Entry(long index, long term, Kind kind, byte[] data) {

    /** Bytes that an entry costs besides its data, wherever entries are counted against a bound. */
    public static final int OVERHEAD_BYTES = 32;

    private static final byte[] NOTHING = {};

    public enum Kind {
        /** What a new leader commits first, so that entries of older terms become committed (paper, section 8). */
        NOOP,
        /** A command for the state machine; opaque here. */
        COMMAND,
        /** A new {@link Membership}; counts from when it is appended (thesis, section 4.1). */
        MEMBERSHIP
    }

    public Entry {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(data);
        if (index < 1 || term < 1) {
            throw new IllegalArgumentException("entry with index " + index + " and term " + term);
        }
    }

    public static Entry noop(long index, long term) {
        return new Entry(index, term, Kind.NOOP, NOTHING);
    }

    /** @return what the entry counts for against a bound in bytes */
    public int sizeBytes() {
        return data.length + OVERHEAD_BYTES;
    }

    @Override
    public String toString() {
        return kind + "@" + index + "/" + term + "(" + data.length + "B)";
    }
}
