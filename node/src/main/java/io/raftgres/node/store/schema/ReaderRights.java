package io.raftgres.node.store.schema;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * Restricts the role {@code raftgres_reader} by revoking privileges that PostgreSQL grants to every role in every
 * database. Temporary tables, large objects, exported snapshots and messages in the write-ahead log fill the disk,
 * transaction ids run out, and advisory locks block the node. The role's read-only default does not help, because any
 * session can change it. (NOTIFY cannot be revoked: PostgreSQL bounds its queue, and vacuums before transaction ids run
 * out.)
 *
 * <p>This is checked at every start, so that it also covers data of older releases and upgrades of PostgreSQL. It
 * concerns the database and not the schema: installing a snapshot changes nothing.
 */
public final class ReaderRights {

    private static final Logger LOG = Logger.getLogger(ReaderRights.class);
    private static final String NO_RIGHT = "42501";

    /** The missing restrictions, one statement each; none when all are in place, or when there is no such role. */
    private static final String MISSING = """
            WITH reader AS (SELECT oid FROM pg_roles WHERE rolname = 'raftgres_reader' AND NOT rolsuper)
            SELECT format('REVOKE %s ON DATABASE %I FROM PUBLIC, raftgres_reader', wanted, current_database())
            FROM reader, unnest(ARRAY['TEMPORARY', 'CREATE']) wanted
            WHERE has_database_privilege(reader.oid, current_database(), wanted)
            UNION ALL
            SELECT format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC, raftgres_reader', n.nspname)
            FROM reader, pg_namespace n
            WHERE has_schema_privilege(reader.oid, n.oid, 'CREATE') AND n.nspname !~ '^pg_'
            UNION ALL
            SELECT format('REVOKE EXECUTE ON FUNCTION pg_catalog.%I(%s) FROM PUBLIC, raftgres_reader', p.proname,
                pg_get_function_identity_arguments(p.oid))
            FROM reader, pg_proc p
            WHERE p.pronamespace = 'pg_catalog'::regnamespace
                AND (p.proname ~ '^(lo_|pg_advisory_|pg_try_advisory_)' OR p.proname IN ('loread', 'lowrite',
                    'pg_notify', 'pg_logical_emit_message', 'pg_current_xact_id', 'txid_current',
                    'pg_export_snapshot'))
                AND has_function_privilege(reader.oid, p.oid, 'EXECUTE')""";

    private ReaderRights() {}

    /** Restricts the role as far as this node's role may, and logs the rest for PostgreSQL's administrator. */
    public static void restrict(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            List<String> missing = missing(statement);
            if (missing.isEmpty()) {
                return;
            }
            for (String each : missing) {
                revoke(statement, each);
            }
            List<String> left = missing(statement);
            if (!left.isEmpty()) {
                LOG.warnf(
                        "the role raftgres_reader may do more than read, and this node may not change that. As PostgreSQL's"
                                + " administrator, run: %s",
                        String.join("; ", left));
            }
        }
    }

    private static List<String> missing(Statement statement) throws SQLException {
        List<String> statements = new ArrayList<>();
        try (ResultSet result = statement.executeQuery(MISSING)) {
            while (result.next()) {
                statements.add(result.getString(1));
            }
        }
        return statements;
    }

    private static void revoke(Statement statement, String sql) throws SQLException {
        try {
            statement.execute(sql);
        } catch (SQLException e) {
            if (!NO_RIGHT.equals(e.getSQLState())) {
                throw e;
            }
        }
    }
}
