package io.raftgres.node.postgres;

import java.io.IOException;

/** PostgreSQL cannot start on its data folder because of what is, or is not, in it: trying again does not help. */
public final class DamagedDataException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedDataException(String message) {
        super(message);
    }
}
