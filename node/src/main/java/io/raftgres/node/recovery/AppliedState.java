package io.raftgres.node.recovery;

import io.raftgres.node.log.LogIdentity;
import java.io.IOException;
import java.util.Optional;

/** The state machine's data, as far as a recovery needs it: all applied entries were committed. */
interface AppliedState extends AutoCloseable {

    /** Opens the data, and starts PostgreSQL if necessary. */
    interface Source {
        AppliedState open() throws IOException, InterruptedException;
    }

    /** @return the owner of the data; empty when it has none */
    Optional<LogIdentity> owner();

    /** @return index of the last applied entry */
    long appliedIndex();

    /**
     * Changes the owner of the data from {@code from} to {@code to}, durably; does nothing when {@code to} owns it
     * already.
     */
    void rebind(LogIdentity from, LogIdentity to);

    @Override
    void close();
}
