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

    /** Fixed cost in bytes of an entry besides its data, wherever entries count against a bound. */
    public static final int OVERHEAD_BYTES = 32;

    private static final byte[] NOTHING = {};

    public enum Kind {
        /** First entry of a new leader: committing it commits the entries of older terms too (paper, section 8). */
        NOOP,
        /** A command for the state machine; opaque to Raft. */
        COMMAND,
        /** A new {@link Membership}; in force as soon as it is appended (thesis, section 4.1). */
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

    /** @return size of the entry wherever entries count against a bound in bytes */
    public int sizeBytes() {
        return data.length + OVERHEAD_BYTES;
    }

    @Override
    public String toString() {
        return kind + "@" + index + "/" + term + "(" + data.length + "B)";
    }
}
