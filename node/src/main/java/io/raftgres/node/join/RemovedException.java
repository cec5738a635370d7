package io.raftgres.node.join;

import java.io.IOException;

/** The cluster has removed this member: it never serves again under this identity. */
public final class RemovedException extends IOException {
    private static final long serialVersionUID = 1L;

    public RemovedException(String message) {
        super(message);
    }
}
