package io.raftgres.node.log;

import java.io.IOException;
import java.nio.file.Path;

/** The directory holds the log of another cluster or of another member. */
public final class LogIdentityException extends IOException {

    private static final long serialVersionUID = 1L;

    LogIdentityException(Path segment, LogIdentity found, LogIdentity wanted) {
        super("log segment " + segment + " belongs to " + found + ", not to " + wanted
                + ": it is left unchanged. Start this member with its own data directory, or with an empty one.");
    }
}
