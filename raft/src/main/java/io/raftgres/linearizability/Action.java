package io.raftgres.linearizability;

import java.util.Objects;

/** A client's request on one key. */
public sealed interface Action {

    /** Stores this value unconditionally. */
    record Put(String value) implements Action {
        public Put {
            Objects.requireNonNull(value);
        }
    }

    record Get() implements Action {}

    record Delete() implements Action {}

    /**
     * Stores this value when the key's mod revision is the expected one.
     *
     * @param expectedRevision 0: the key must be absent
     */
    record CompareAndSet(long expectedRevision, String value) implements Action {
        public CompareAndSet {
            Objects.requireNonNull(value);
        }
    }
}
