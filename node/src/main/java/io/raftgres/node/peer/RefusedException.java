package io.raftgres.node.peer;

import java.io.IOException;

/** The other side speaks our protocol and does not want us, or is not who we want. */
final class RefusedException extends IOException {
    private static final long serialVersionUID = 1;

    RefusedException(String message) {
        super(message);
    }
}
