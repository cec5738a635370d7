package io.raftgres.linearizability;

import java.util.Objects;

/** What a client asked of one key. */
public sealed interface Action {

    /** Store this value whatever was there. */
    record Put(String value) implements Action {
        public Put {
            Objects.requireNonNull(value);
        }
    }

    record Get() implements Action {}

    record Delete() implements Action {}

    /**
     * Store this value when the key's mod revision is the expected one.
     *
     * @param expectedRevision 0: the key must be absent
     */
    record CompareAndSet(long expectedRevision, String value) implements Action {
        public CompareAndSet {
            Objects.requireNonNull(value);
        }
    }
}
