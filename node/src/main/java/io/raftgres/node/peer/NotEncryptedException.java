package io.raftgres.node.peer;

import java.io.IOException;

/** The other side does not speak TLS. */
final class NotEncryptedException extends IOException {
    private static final long serialVersionUID = 1L;

    NotEncryptedException(String message) {
        super(message);
    }
}
