package io.raftgres.node.postgres;

import java.io.IOException;

/**
 * PostgreSQL cannot start because files in its data directory are damaged or missing: another attempt does not help.
 */
public final class DamagedDataException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedDataException(String message) {
        super(message);
    }
}
