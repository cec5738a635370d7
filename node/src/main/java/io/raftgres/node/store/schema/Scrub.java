package io.raftgres.node.store.schema;

import io.raftgres.node.store.sql.Sessions;
import io.raftgres.node.store.sql.SqlErrors;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.node.store.sql.StoreOptions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The stored set hash and the hash computed from the rows, at the same index. They differ when rows were changed by
 * another program or damaged.
 */
public record Scrub(long appliedIndex, long kept, long recomputed) {

    /** {@link io.raftgres.node.kv.RowHash} in SQL. */
    public static final String ROW_HASH = """
            ('x' || encode(substring(sha256(int4send(octet_length(key)) || key || int8send(create_revision)
                || int8send(mod_revision) || int8send(version) || int8send(lease) || value) FROM 1 FOR 8), 'hex')
            )::bit(64)::bigint""";

    private static final String SQL = """
            SELECT s.applied_index, s.hash, coalesce((SELECT sum(%2$s) FROM %1$s.kv_short), 0)
                + coalesce((SELECT sum(%2$s) FROM %1$s.kv_long), 0) FROM %1$s.state s""";

    public boolean agrees() {
        return kept == recomputed;
    }

    /** Uses its own connection: it takes about 1 s for 1,000,000 rows, without an upper bound of rows. */
    public static Scrub run(StoreOptions options) {
        var source = Sessions.plain(options, "scrub");
        source.setSocketTimeout(0);
        try (Connection connection = source.getConnection()) {
            return of(connection, Migrations.SCHEMA);
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not recompute the hash", e);
        }
    }

    public static Scrub of(Connection connection, String schema) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(SQL.formatted(schema, ROW_HASH))) {
            if (!result.next()) {
                throw new StoreDamagedException("the table " + schema + ".state has lost its row");
            }
            // longValue keeps the low 64 bits of the exact sum, which is the sum modulo 2^64.
            return new Scrub(
                    result.getLong(1),
                    result.getLong(2),
                    result.getBigDecimal(3).toBigInteger().longValue());
        }
    }
}
