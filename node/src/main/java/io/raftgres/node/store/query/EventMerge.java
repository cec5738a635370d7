package io.raftgres.node.store.query;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Outline;
import io.raftgres.node.kv.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Merges past changes, in the order of revisions and, within one, of keys. A put is the row that it made: in kv, or in
 * the history when it has been replaced since. The rows that a put replaced or a delete deleted are in the history with
 * their ends. Both inputs are ordered.
 */
public final class EventMerge implements AutoCloseable {

    /** Revisions searched for each requested change: few of them may be in the range. */
    private static final long REVISIONS_PER_CHANGE = 64;

    /** Bytes of keys and values for the sink, after which the merge stops at the end of the revision. */
    private static final long MAX_BYTES = 2L << 20;

    private final Cursor puts;
    private final Cursor ends;
    /** Bytes of the rows that the current revision has ended. */
    private long previousBytes;

    private final long to;
    private final int maxChanges;

    public EventMerge(Connection connection, KeyRange range, long from, long wantedTo, int maxChanges)
            throws SQLException {
        if (maxChanges < 1) {
            throw new IllegalArgumentException("maxChanges must be at least 1");
        }
        this.to = Math.min(wantedTo, from + REVISIONS_PER_CHANGE * maxChanges);
        this.maxChanges = maxChanges;
        this.puts = puts(connection, range, from, to);
        try {
            this.ends = ends(connection, range, from, to);
        } catch (SQLException e) {
            puts.close();
            throw e;
        }
    }

    private static Cursor puts(Connection connection, KeyRange range, long from, long to) throws SQLException {
        String select = "SELECT " + RowQueries.streamed(false, RowQueries.PLACE)
                + ", mod_revision AS revision, false AS deleted FROM raftgres.";
        String sql = select + "kv_short WHERE mod_revision BETWEEN ? AND ? AND " + RowQueries.inRange(range)
                + " UNION ALL " + select + "kv_long WHERE mod_revision BETWEEN ? AND ? AND "
                + RowQueries.inRange(range)
                + " UNION ALL " + select + "kv_history WHERE end_revision >= ? AND mod_revision BETWEEN ? AND ? AND "
                + RowQueries.inRange(range) + " ORDER BY revision, key";
        return new Cursor(connection, sql, false, true, statement -> {
            int at = 1;
            for (int table = 0; table < 3; table++) {
                if (table == 2) {
                    statement.setLong(at++, from);
                }
                statement.setLong(at++, from);
                statement.setLong(at++, to);
                at = RowQueries.bindRange(statement, at, range);
            }
        });
    }

    private static Cursor ends(Connection connection, KeyRange range, long from, long to) throws SQLException {
        String sql = "SELECT " + RowQueries.streamed(false, RowQueries.PLACE)
                + ", end_revision AS revision, deleted FROM raftgres.kv_history"
                + " WHERE end_revision BETWEEN ? AND ? AND " + RowQueries.inRange(range)
                + " ORDER BY end_revision, key, mod_revision";
        return new Cursor(connection, sql, false, true, statement -> {
            statement.setLong(1, from);
            statement.setLong(2, to);
            RowQueries.bindRange(statement, 3, range);
        });
    }

    /** @return the revision up to which the sink has received all changes */
    public long run(Consumer<Change> sink) throws SQLException {
        int sent = 0;
        long bytes = 0;
        long revision = 0;
        while (puts.row() != null || ends.row() != null) {
            long next = Math.min(revisionOf(puts), revisionOf(ends));
            if (next != revision && (sent >= maxChanges || bytes >= MAX_BYTES)) {
                return next - 1;
            }
            previousBytes = next == revision ? previousBytes : 0;
            revision = next;
            for (Change change : nextKey(revision)) {
                sink.accept(change);
                sent++;
                bytes += change.sizeBytes();
            }
        }
        return to;
    }

    private static long revisionOf(Cursor cursor) {
        return cursor.row() == null ? Long.MAX_VALUE : cursor.revision();
    }

    /**
     * One transaction may both put and delete a key. A row that began and ended in it shows that the put came first.
     */
    private List<Change> nextKey(long revision) throws SQLException {
        Key key = smallerKey(revision);
        Row put = null;
        if (at(puts, revision, key)) {
            put = puts.row();
            puts.advance();
        }
        List<Change> changes = new ArrayList<>(2);
        Row replaced = null;
        boolean putIsReported = false;
        while (at(ends, revision, key)) {
            Row ended = ends.row();
            if (ends.mark() && ended.modRevision() == revision) {
                changes.add(change(revision, replaced, ended));
                changes.add(change(revision, ended, null));
                putIsReported = true;
            } else if (ends.mark()) {
                changes.add(change(revision, ended, null));
            } else {
                replaced = ended;
            }
            ends.advance();
        }
        if (put != null && !putIsReported) {
            changes.add(change(revision, replaced, put));
        }
        return changes;
    }

    /** The previous values of one revision are kept up to the same bound as for a deletion. */
    private Change change(long revision, Row before, Row after) {
        int size = before == null ? 0 : before.value().length;
        previousBytes += size;
        return previousBytes <= Outline.KEPT_BYTES
                ? new Change(revision, before, after)
                : new Change(revision, before == null ? null : before.withoutValue(), after, size);
    }

    private Key smallerKey(long revision) {
        boolean putIs = puts.row() != null && puts.revision() == revision;
        boolean endIs = ends.row() != null && ends.revision() == revision;
        if (putIs && endIs) {
            return puts.row().key().compareTo(ends.row().key()) <= 0
                    ? puts.row().key()
                    : ends.row().key();
        }
        return putIs ? puts.row().key() : ends.row().key();
    }

    private static boolean at(Cursor cursor, long revision, Key key) {
        return cursor.row() != null
                && cursor.revision() == revision
                && cursor.row().key().equals(key);
    }

    @Override
    public void close() throws SQLException {
        puts.close();
        ends.close();
    }
}
