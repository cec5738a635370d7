package io.raftgres.node.store.history;

import io.raftgres.node.store.sql.SqlErrors;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes partitions of the history before the first row needs them. A new partition is attached, not created in place,
 * because attaching waits for no reader. Owned by the writer; the dropper only reports the partitions that it has
 * dropped.
 *
 * <p>Small partitions free space early, and a small file is deleted quickly. But a read of old revisions visits all of
 * them, and each change of partitions makes PostgreSQL plan again. Measured with PostgreSQL 18 on 2 cores, with 10,
 * 100, 500 and 1,500 partitions: attaching one takes 3, 5, 5 and 7 ms, the next insert 0.3, 0.6, 1.2 and 3 ms, a read
 * over all of them 0.2, 3, 49 and 146 ms, and three times that when it is planned for the first time. Hence about 100
 * of them: a history that is kept for longer gets wider partitions.
 */
public final class HistoryPartitions {

    /** After this number of partitions of one width, the next ones are twice as wide. */
    public static final int SAME_WIDTH_MAX = 128;

    /**
     * A partition is made this many widths in advance if its lock is free at that moment. The writer then need not wait
     * for a drop, which holds the same lock while it waits for readers.
     */
    private static final int AHEAD_WIDTHS = 4;

    /** Number of new rows after which PostgreSQL analyzes a partition. */
    private static final int ANALYZE_ROWS = 50_000;

    private static final long TRY_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** More partitions at once would mean that revisions jumped, which they never do. */
    private static final int NEW_PARTITIONS_MAX = 10_000;

    private static final Pattern BOUNDS = Pattern.compile("FROM \\('(\\d+)'\\) TO \\('(\\d+)'\\)");

    /** @param from first ending revision in it; @param to the first one after it; @param pending half detached */
    public record Partition(String name, long from, long to, boolean pending) {}

    private final long width;
    private volatile long lowest;
    private volatile long ceiling;
    private long triedNanos = System.nanoTime() - TRY_NANOS;

    public HistoryPartitions(long width) {
        this.width = width;
    }

    /** @return all attached partitions in order, including those whose drop has begun */
    public static List<Partition> list(Connection connection) throws SQLException {
        List<Partition> found = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("""
                        SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), i.inhdetachpending
                        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                        WHERE i.inhparent = 'raftgres.kv_history'::regclass AND c.relpartbound IS NOT NULL""")) {
            while (result.next()) {
                // Null for a partition that is being dropped: the function reads a later state than the query.
                String text = result.getString(2);
                Matcher bounds = BOUNDS.matcher(text == null ? "" : text);
                if (bounds.find()) {
                    found.add(new Partition(
                            result.getString(1),
                            Long.parseLong(bounds.group(1)),
                            Long.parseLong(bounds.group(2)),
                            result.getBoolean(3)));
                }
            }
        }
        found.sort((one, other) -> Long.compare(one.from(), other.from()));
        return found;
    }

    /** Must be called on each new connection: a crash may have undone the last partition. */
    public void load(Connection connection) throws SQLException {
        List<Partition> all = list(connection);
        lowest = all.isEmpty() ? 0 : all.getFirst().from();
        ceiling = all.isEmpty() ? 0 : all.getLast().to();
    }

    /** @return first ending revision without a partition; any thread */
    public long ceiling() {
        return ceiling;
    }

    /** @return number of revisions before a partition's first one at which the partition must be made */
    public long reserve() {
        return width / 10;
    }

    /** Records that rows that ended below {@code revision} are dropped. Any thread. */
    public void dropped(long revision) {
        lowest = Math.max(lowest, revision);
    }

    /**
     * Commits if it made a partition. @param first and @param last revisions at which the next transaction may end rows
     */
    public void ensure(Connection connection, long first, long last) throws SQLException {
        long needed = last + 1 + reserve();
        if (needed <= ceiling) {
            if (last + AHEAD_WIDTHS * width >= ceiling && System.nanoTime() - triedNanos >= TRY_NANOS) {
                tryAhead(connection);
            }
            return;
        }
        int made = 0;
        while (ceiling < needed) {
            if (++made > NEW_PARTITIONS_MAX) {
                throw new IllegalStateException("revisions jump from " + first + " to " + last);
            }
            if (ceiling == 0) {
                lowest = first / width * width;
            }
            // All bounds are multiples of the width: when all partitions have been dropped, this is above them.
            attach(connection, Math.max(ceiling, first / width * width));
        }
        connection.commit();
    }

    private void tryAhead(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("LOCK TABLE ONLY raftgres.kv_history IN SHARE UPDATE EXCLUSIVE MODE NOWAIT");
        } catch (SQLException e) {
            if (!SqlErrors.lockNotAvailable(e)) {
                throw e;
            }
            connection.rollback();
            triedNanos = System.nanoTime();
            return;
        }
        attach(connection, ceiling);
        connection.commit();
    }

    private void attach(Connection connection, long from) throws SQLException {
        long step = widthAt(from);
        long to = (from / step + 1) * step;
        String name = "raftgres.kv_history_" + from;
        try (Statement statement = connection.createStatement()) {
            create(statement, name, "raftgres.kv_history");
            statement.execute("ALTER TABLE raftgres.kv_history ATTACH PARTITION " + name + " FOR VALUES FROM (" + from
                    + ") TO (" + to + ")");
        }
        ceiling = to;
    }

    /**
     * Makes a table that can be attached. It only grows, and is dropped as a whole, so vacuum is useless there. Its
     * columns are not analyzed repeatedly: reads select by revisions, which the partition's bounds show.
     */
    public static void create(Statement statement, String name, String parent) throws SQLException {
        statement.execute("CREATE TABLE " + name + " (LIKE " + parent + " INCLUDING STORAGE) WITH ("
                + "autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_scale_factor = 0,"
                + " autovacuum_analyze_threshold = " + ANALYZE_ROWS + ")");
        statement.execute("ALTER TABLE " + name + " ALTER COLUMN value SET STATISTICS 0");
    }

    private long widthAt(long from) {
        long step = width;
        while ((from - lowest) / step >= SAME_WIDTH_MAX) {
            step *= 2;
        }
        return step;
    }
}
