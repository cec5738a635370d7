package io.raftgres.node.peer;

import java.io.IOException;

/** The other side sent data that no correct node sends: the connection is closed. */
public final class ProtocolException extends IOException {
    private static final long serialVersionUID = 1;

    public ProtocolException(String message) {
        super(message);
    }
}
