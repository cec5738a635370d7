package io.raftgres.node.peer;

import java.io.IOException;

/** The other side speaks our protocol and does not want us, or is not who we want. */
final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    /** This node was removed from the cluster, as the other side knows. */
    private final boolean removed;

    RefusedException(String message, boolean removed) {
        super(message);
        this.removed = removed;
    }

    boolean removed() {
        return removed;
    }
}
