package io.raftgres.linearizability;

import java.util.Objects;

/** The client's knowledge of the outcome of its {@link Action}. */
public sealed interface Result {

    /** A revision that the client does not know. */
    long UNKNOWN_REVISION = 0;

    /**
     * The put, delete or compare-and-set took effect.
     *
     * @param revision the new revision, {@link #UNKNOWN_REVISION} when unknown; revisions of a key only grow
     */
    record Written(long revision) implements Result {}

    /**
     * The get found a value.
     *
     * @param revision mod revision of the value, {@link #UNKNOWN_REVISION} when unknown
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

    /** Certainly not done, neither now nor later. */
    record Failed() implements Result {}

    /** May have taken effect at any time after the invocation, may still take effect, or may never do so. */
    record Unknown() implements Result {}
}
