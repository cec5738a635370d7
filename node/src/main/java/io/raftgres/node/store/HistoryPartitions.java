package io.raftgres.node.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes partitions of the history before the first row needs them. A new one is attached, not created in place, because
 * that waits for no reader. Owned by the writer.
 */
final class HistoryPartitions {

    /** More at once means revisions jumped, which they never do. */
    private static final int NEW_PARTITIONS_MAX = 10_000;

    private static final Pattern UPPER_BOUND = Pattern.compile("TO \\('(\\d+)'\\)");

    private final long width;
    private long ceiling;

    HistoryPartitions(long width) {
        this.width = width;
    }

    /** To be called on each new connection: a crash may have undone the last partition. */
    void load(Connection connection) throws SQLException {
        ceiling = 0;
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("""
                        SELECT pg_get_expr(c.relpartbound, c.oid)
                        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                        WHERE i.inhparent = 'raftgres.kv_history'::regclass AND c.relpartbound IS NOT NULL""")) {
            while (result.next()) {
                Matcher matcher = UPPER_BOUND.matcher(result.getString(1));
                if (matcher.find()) {
                    ceiling = Math.max(ceiling, Long.parseLong(matcher.group(1)));
                }
            }
        }
    }

    /** Commits when it made any. @param first and @param last revisions that the next transaction may end rows at */
    void ensure(Connection connection, long first, long last) throws SQLException {
        long needed = last + 1 + width / 10;
        if (needed <= ceiling) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            int made = 0;
            while (ceiling < needed) {
                if (++made > NEW_PARTITIONS_MAX) {
                    throw new IllegalStateException("revisions jump from " + first + " to " + last);
                }
                long from = Math.max(ceiling, first / width * width);
                long to = (from / width + 1) * width;
                String name = "raftgres.kv_history_" + from;
                statement.execute("CREATE TABLE " + name + " (LIKE raftgres.kv_history INCLUDING STORAGE)");
                statement.execute("ALTER TABLE raftgres.kv_history ATTACH PARTITION " + name
                        + " FOR VALUES FROM (" + from + ") TO (" + to + ")");
                ceiling = to;
            }
        }
        connection.commit();
    }
}
