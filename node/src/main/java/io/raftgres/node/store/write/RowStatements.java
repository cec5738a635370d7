package io.raftgres.node.store.write;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.AuthRecord;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.LeaseChange;
import io.raftgres.node.kv.Row;
import io.raftgres.node.store.sql.StatementBatch;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/** The statements that change rows, one for many rows each: columns are binary arrays. */
public final class RowStatements {

    /** Longer keys do not fit into an index entry: they are in table kv_long. The schema has the same number. */
    public static final int SHORT_KEY_BYTES_MAX = 2_048;

    private static final int ROWS_MAX = 5_000;
    private static final long CHUNK_BYTES_MAX = 8L << 20;

    private static final String INSERT = """
            INSERT INTO raftgres.%s (key, create_revision, mod_revision, version, lease, value)
            SELECT * FROM unnest(?::bytea[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bytea[])""";

    private static final String UPDATE = """
            UPDATE raftgres.%s k SET create_revision = u.c, mod_revision = u.m, version = u.v, lease = u.l, value = u.d
            FROM unnest(?::bytea[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bytea[], ?::bigint[])
                AS u(key, c, m, v, l, d, replaced)
            WHERE %s AND k.mod_revision = u.replaced""";

    private static final String DELETE = """
            DELETE FROM raftgres.%s k USING unnest(?::bytea[], ?::bigint[]) AS u(key, replaced)
            WHERE %s AND k.mod_revision = u.replaced""";

    private static final String HISTORY = """
            INSERT INTO raftgres.kv_history
                (key, create_revision, mod_revision, version, lease, value, end_revision, deleted)
            SELECT * FROM unnest(?::bytea[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bytea[],
                ?::bigint[], ?::boolean[])""";

    /** For rows whose values are only in kv. */
    private static final String MOVE = """
            WITH gone AS (DELETE FROM raftgres.%s k
                USING unnest(?::bytea[], ?::bigint[], ?::bigint[]) AS u(key, replaced, ended)
                WHERE %s AND k.mod_revision = u.replaced
                RETURNING k.key, k.create_revision, k.mod_revision, k.version, k.lease, k.value, u.ended)
            INSERT INTO raftgres.kv_history
                (key, create_revision, mod_revision, version, lease, value, end_revision, deleted)
            SELECT key, create_revision, mod_revision, version, lease, value, ended, true FROM gone""";

    private static final String TOKENS = """
            INSERT INTO raftgres.tokens (clock_millis, last_index, bytes)
            SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::bytea[])""";

    private static final String GRANTED = """
            INSERT INTO raftgres.leases (lease, ttl_seconds) SELECT * FROM unnest(?::bigint[], ?::bigint[])""";

    private static final String LEASES_ENDED = "DELETE FROM raftgres.leases WHERE lease = ANY(?::bigint[])";

    private static final String AUTH_GONE = """
            DELETE FROM raftgres.auth a USING unnest(?::bigint[], ?::bytea[]) AS u(kind, name)
            WHERE a.kind = u.kind AND sha256(a.name) = sha256(u.name)""";

    private static final String AUTH_SET = """
            INSERT INTO raftgres.auth (kind, name, data)
            SELECT * FROM unnest(?::bigint[], ?::bytea[], ?::bytea[])""";

    public static final String SAME_SHORT_KEY = "k.key = u.key";
    public static final String SAME_LONG_KEY = "substring(k.key FROM 1 FOR 1024) = substring(u.key FROM 1 FOR 1024)"
            + " AND sha256(k.key) = sha256(u.key) AND k.key = u.key";

    private RowStatements() {}

    public static boolean isLong(Key key) {
        return key.length() > SHORT_KEY_BYTES_MAX;
    }

    public static void add(StatementBatch batch, RowChanges changes) throws SQLException {
        history(batch, changes.ended);
        moveRows(batch, changes.left, "kv_short", SAME_SHORT_KEY, key -> !isLong(key));
        moveRows(batch, changes.left, "kv_long", SAME_LONG_KEY, RowStatements::isLong);
        changeRows(batch, changes, "kv_short", SAME_SHORT_KEY, key -> !isLong(key));
        changeRows(batch, changes, "kv_long", SAME_LONG_KEY, RowStatements::isLong);
    }

    private static void history(StatementBatch batch, List<RowChanges.Ended> ended) throws SQLException {
        for (List<RowChanges.Ended> chunk : chunks(ended, RowChanges.Ended::row)) {
            batch.add(HISTORY, chunk.size(), size(chunk, RowChanges.Ended::row), (statement, at) -> {
                int next = rows(statement, at, chunk, RowChanges.Ended::row);
                next = longs(statement, next, chunk, RowChanges.Ended::endRevision);
                boolean[] deleted = new boolean[chunk.size()];
                for (int i = 0; i < deleted.length; i++) {
                    deleted[i] = chunk.get(i).deleted();
                }
                return array(statement, next, "bool", deleted);
            });
        }
    }

    private static void moveRows(
            StatementBatch batch, List<RowChanges.Left> all, String table, String sameKey, Predicate<Key> ofTable)
            throws SQLException {
        List<RowChanges.Left> left = select(all, each -> ofTable.test(each.row().key()));
        for (List<RowChanges.Left> chunk : sized(left, RowStatements::movedBytes)) {
            long size = chunk.stream().mapToLong(RowStatements::movedBytes).sum();
            batch.add(MOVE.formatted(table, sameKey), chunk.size(), size, (statement, at) -> {
                int next = bytes(statement, at, chunk, each -> each.row().key().bytes());
                next = longs(statement, next, chunk, each -> each.row().modRevision());
                return longs(statement, next, chunk, RowChanges.Left::endRevision);
            });
        }
    }

    private static long movedBytes(RowChanges.Left left) {
        return left.row().sizeBytes() + left.bytes();
    }

    private static void changeRows(
            StatementBatch batch, RowChanges changes, String table, String sameKey, Predicate<Key> ofTable)
            throws SQLException {
        // Deletes come before inserts, so that inserts can reuse their space at once.
        List<Row> deletes = select(changes.deletes, row -> ofTable.test(row.key()));
        for (List<Row> chunk : chunks(deletes, row -> row)) {
            batch.add(
                    DELETE.formatted(table, sameKey),
                    chunk.size(),
                    size(chunk, row -> row),
                    (statement, at) -> longs(
                            statement,
                            bytes(statement, at, chunk, row -> row.key().bytes()),
                            chunk,
                            Row::modRevision));
        }
        List<RowChanges.Update> updates =
                select(changes.updates, update -> ofTable.test(update.row().key()));
        for (List<RowChanges.Update> chunk : chunks(updates, RowChanges.Update::row)) {
            batch.add(
                    UPDATE.formatted(table, sameKey),
                    chunk.size(),
                    size(chunk, RowChanges.Update::row),
                    (statement, at) -> longs(
                            statement,
                            rows(statement, at, chunk, RowChanges.Update::row),
                            chunk,
                            RowChanges.Update::replacedRevision));
        }
        List<Row> inserts = select(changes.inserts, row -> ofTable.test(row.key()));
        for (List<Row> chunk : chunks(inserts, row -> row)) {
            batch.add(
                    INSERT.formatted(table),
                    chunk.size(),
                    size(chunk, row -> row),
                    (statement, at) -> rows(statement, at, chunk, row -> row));
        }
    }

    public static void addTokens(StatementBatch batch, List<AppliedBatch> batches) throws SQLException {
        List<AppliedBatch> holders = select(batches, one -> one.tokens().length > 0);
        if (holders.isEmpty()) {
            return;
        }
        long size = holders.stream().mapToLong(one -> one.tokens().length + 32L).sum();
        batch.add(TOKENS, holders.size(), size, (statement, at) -> {
            int next = longs(statement, at, holders, AppliedBatch::clockMillis);
            next = longs(statement, next, holders, AppliedBatch::index);
            return bytes(statement, next, holders, AppliedBatch::tokens);
        });
    }

    public static void addLeases(StatementBatch batch, List<AppliedBatch> batches) throws SQLException {
        // Only the last change of each lease counts: within these batches a lease may be granted, ended and granted
        // again.
        Map<Long, LeaseChange> last = new LinkedHashMap<>();
        batches.forEach(one -> one.leases().forEach(change -> last.put(change.lease(), change)));
        if (last.isEmpty()) {
            return;
        }
        List<LeaseChange> changes = List.copyOf(last.values());
        batch.add(
                LEASES_ENDED,
                StatementBatch.ANY_COUNT,
                16L * changes.size(),
                (statement, at) -> longs(statement, at, changes, LeaseChange::lease));
        List<LeaseChange> granted = select(changes, change -> !change.isEnd());
        if (!granted.isEmpty()) {
            batch.add(
                    GRANTED,
                    granted.size(),
                    32L * granted.size(),
                    (statement, at) -> longs(
                            statement,
                            longs(statement, at, granted, LeaseChange::lease),
                            granted,
                            LeaseChange::ttlSeconds));
        }
    }

    public static void addAuth(StatementBatch batch, List<AppliedBatch> batches) throws SQLException {
        record Name(AuthRecord.Kind kind, String name) {}
        Map<Name, AuthRecord> last = new LinkedHashMap<>();
        batches.forEach(one -> one.auth().forEach(record -> last.put(new Name(record.kind(), record.name()), record)));
        if (last.isEmpty()) {
            return;
        }
        List<AuthRecord> records = List.copyOf(last.values());
        batch.add(
                AUTH_GONE,
                StatementBatch.ANY_COUNT,
                64L * records.size(),
                (statement, at) -> bytes(
                        statement,
                        longs(statement, at, records, record -> record.kind().ordinal()),
                        records,
                        RowStatements::name));
        List<AuthRecord> set = select(records, record -> record.data() != null);
        long size = set.stream().mapToLong(record -> record.data().length + 64L).sum();
        if (!set.isEmpty()) {
            batch.add(
                    AUTH_SET,
                    set.size(),
                    size,
                    (statement, at) -> bytes(
                            statement,
                            bytes(
                                    statement,
                                    longs(
                                            statement,
                                            at,
                                            set,
                                            record -> record.kind().ordinal()),
                                    set,
                                    RowStatements::name),
                            set,
                            AuthRecord::data));
        }
    }

    private static byte[] name(AuthRecord record) {
        return record.name().getBytes(StandardCharsets.UTF_8);
    }

    private static <T> List<T> select(List<T> items, Predicate<T> wanted) {
        return items.stream().allMatch(wanted)
                ? items
                : items.stream().filter(wanted).toList();
    }

    private static <T> List<List<T>> chunks(List<T> items, Function<T, Row> row) {
        return sized(items, item -> row.apply(item).sizeBytes());
    }

    private static <T> List<List<T>> sized(List<T> items, ToLongFunction<T> size) {
        List<List<T>> chunks = new ArrayList<>();
        int from = 0;
        long bytes = 0;
        for (int i = 0; i < items.size(); i++) {
            long more = size.applyAsLong(items.get(i));
            if (i > from && (bytes + more > CHUNK_BYTES_MAX || i - from == ROWS_MAX)) {
                chunks.add(items.subList(from, i));
                from = i;
                bytes = 0;
            }
            bytes += more;
        }
        if (from < items.size()) {
            chunks.add(items.subList(from, items.size()));
        }
        return chunks;
    }

    private static <T> long size(List<T> items, Function<T, Row> row) {
        long bytes = 0;
        for (T item : items) {
            bytes += row.apply(item).sizeBytes();
        }
        return bytes;
    }

    /** Binds the six columns of a row. */
    private static <T> int rows(PreparedStatement statement, int at, List<T> items, Function<T, Row> row)
            throws SQLException {
        int next = bytes(statement, at, items, item -> row.apply(item).key().bytes());
        next = longs(statement, next, items, item -> row.apply(item).createRevision());
        next = longs(statement, next, items, item -> row.apply(item).modRevision());
        next = longs(statement, next, items, item -> row.apply(item).version());
        next = longs(statement, next, items, item -> row.apply(item).lease());
        return bytes(statement, next, items, item -> row.apply(item).value());
    }

    private static <T> int longs(PreparedStatement statement, int at, List<T> items, ToLongFunction<T> column)
            throws SQLException {
        long[] values = new long[items.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = column.applyAsLong(items.get(i));
        }
        return array(statement, at, "int8", values);
    }

    private static <T> int bytes(PreparedStatement statement, int at, List<T> items, Function<T, byte[]> column)
            throws SQLException {
        byte[][] values = new byte[items.size()][];
        for (int i = 0; i < values.length; i++) {
            values[i] = column.apply(items.get(i));
        }
        return array(statement, at, "bytea", values);
    }

    private static int array(PreparedStatement statement, int at, String type, Object values) throws SQLException {
        Array array = ((org.postgresql.PGConnection) statement.getConnection()).createArrayOf(type, values);
        statement.setArray(at, array);
        return at + 1;
    }
}
