package io.raftgres.linearizability;

import java.util.Objects;

/** What the client learned about its {@link Action}. */
public sealed interface Result {

    /** A revision that the client was not told. */
    long NOT_TOLD = 0;

    /**
     * The put, delete or compare-and-set took effect.
     *
     * @param revision the revision it made, {@link #NOT_TOLD} when unknown; revisions of a key only grow
     */
    record Written(long revision) implements Result {}

    /**
     * The get found a value.
     *
     * @param revision mod revision of the value, {@link #NOT_TOLD} when unknown
     */
    record Found(String value, long revision) implements Result {
        public Found {
            Objects.requireNonNull(value);
        }
    }

    /** The get found no value, or the delete had nothing to delete. */
    record Absent() implements Result {}

    /** The compare of a compare-and-set failed: nothing was written. */
    record Mismatch() implements Result {}

    /** Certainly not done, now or later. */
    record Failed() implements Result {}

    /** May have happened at any time after the invocation, may yet happen, may never happen. */
    record Unknown() implements Result {}
}
