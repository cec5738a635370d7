package io.raftgres.node;

import io.quarkus.logging.LoggingFilter;
import java.util.logging.Filter;
import java.util.logging.LogRecord;
import org.jboss.logmanager.ExtLogRecord;

/**
 * Adds the node's term to each record, as {@code mdc.term} of a line in JSON. The other format's pattern reads the same
 * system property itself. A JSON field with a fixed value would not follow the term.
 */
@LoggingFilter(name = "term")
public final class TermInLog implements Filter {

    /** Set by {@link io.raftgres.node.consensus.Consensus} when the term changes. */
    private static final String TERM = "log.term";

    @Override
    public boolean isLoggable(LogRecord log) {
        if (log instanceof ExtLogRecord extended) {
            extended.putMdc("term", System.getProperty(TERM, "-"));
        }
        return true;
    }
}
