package io.raftgres.node.recovery;

import io.raftgres.node.log.LogIdentity;
import java.io.IOException;
import java.util.Optional;

/** The state machine's data, as far as a recovery needs to know of it: what is applied was committed. */
interface AppliedState extends AutoCloseable {

    /** Where it comes from; starts what needs to be started. */
    interface Source {
        AppliedState open() throws IOException, InterruptedException;
    }

    /** @return whose data it is; empty when it is nobody's */
    Optional<LogIdentity> owner();

    /** @return index of the last entry that is applied */
    long appliedIndex();

    /** Makes {@code from}'s data {@code to}'s, durably; nothing happens when it is that already. */
    void rebind(LogIdentity from, LogIdentity to);

    @Override
    void close();
}
