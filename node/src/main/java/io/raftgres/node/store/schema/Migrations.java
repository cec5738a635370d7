package io.raftgres.node.store.schema;

import io.raftgres.node.store.sql.StoreDamagedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;

/** Migrates the schema {@code raftgres} to the version of this program. */
public final class Migrations {

    public static final String SCHEMA = "raftgres";
    public static final int POSTGRES_MAJOR_MIN = 15;

    /** Flyway's own table: the migrations that have run. */
    public static final String RECORD = "schema_version";

    private static final String DIRECTORY = "db/migration/";

    /** All migrations in order; listed, because the class path of a packed program cannot always be searched. */
    private static final List<String> FILES = List.of(
            "V1__store.sql",
            "V2__members.sql",
            "V3__compaction.sql",
            "V4__leases.sql",
            "V5__auth.sql",
            "V6__statistics.sql",
            "V7__auth_names.sql",
            "V8__cluster_version.sql",
            "V9__as_text.sql");

    private static final String LATEST =
            FILES.getLast().substring(1, FILES.getLast().indexOf("__"));

    /**
     * Beginning of the description of a migration with which programs work that do not know it: {@code
     * V10__compatible_index.sql}. The description is in {@link #RECORD}, where such a program reads it.
     */
    private static final String COMPATIBLE = "compatible ";

    private Migrations() {}

    /**
     * A schema that has further migrations is accepted if all of them are compatible: so a release with the same major
     * and minor number may follow a later one.
     *
     * @throws IllegalStateException when the server is too old, or a newer program has migrated the schema, and this
     *     program cannot work with it
     * @throws StoreDamagedException when there are tables, but no record of the migrations that made them
     */
    public static void run(DataSource source) throws SQLException {
        refuseOldServer(source);
        if (isCurrent(source)) {
            return;
        }
        Flyway flyway = Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(source)
                .schemas(SCHEMA)
                .createSchemas(true)
                .table(RECORD)
                .resourceProvider(new Listed())
                .javaMigrationClassProvider(List::of)
                .load();
        MigrationVersion known = MigrationVersion.fromVersion(LATEST);
        for (MigrationInfo applied : flyway.info().applied()) {
            boolean newer = applied.getVersion() != null && applied.getVersion().compareTo(known) > 0;
            if (newer && !String.valueOf(applied.getDescription()).startsWith(COMPATIBLE)) {
                throw new IllegalStateException("the schema " + SCHEMA + " has version " + applied.getVersion()
                        + ", but this program knows only versions up to " + known
                        + ", and cannot work with it: start a newer release on this data");
            }
        }
        migrate(flyway);
    }

    private static void migrate(Flyway flyway) throws SQLException {
        try {
            flyway.migrate();
        } catch (FlywayException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof SQLException failure) {
                    throw failure;
                }
            }
            throw new IllegalStateException("the schema " + SCHEMA + " cannot be migrated: " + e.getMessage(), e);
        }
    }

    private static void refuseTablesWithoutRecord(Statement statement) throws SQLException {
        try (ResultSet result = statement.executeQuery("SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n"
                + " ON n.oid = c.relnamespace WHERE n.nspname = '" + SCHEMA + "')")) {
            result.next();
            if (result.getBoolean(1)) {
                throw new StoreDamagedException(
                        "the schema " + SCHEMA + " has tables, but not " + RECORD + ": another program changed it");
            }
        }
    }

    /** Flyway needs a second of processor time at each start to find that there is nothing to do. */
    private static boolean isCurrent(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet exists =
                        statement.executeQuery("SELECT to_regclass('raftgres.schema_version') IS NOT NULL")) {
            exists.next();
            if (!exists.getBoolean(1)) {
                refuseTablesWithoutRecord(statement);
                return false;
            }
            try (ResultSet applied = statement.executeQuery("SELECT count(*) FILTER (WHERE success AND version = '"
                    + LATEST + "') = 1 AND bool_and(success) AND count(*) FILTER (WHERE version IS NOT NULL) = "
                    + FILES.size() + " FROM raftgres.schema_version")) {
                applied.next();
                return applied.getBoolean(1);
            }
        }
    }

    private static void refuseOldServer(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SHOW server_version_num")) {
            result.next();
            int major = result.getInt(1) / 10_000;
            if (major < POSTGRES_MAJOR_MIN) {
                throw new IllegalStateException(
                        "PostgreSQL " + major + " is too old: " + POSTGRES_MAJOR_MIN + " or later is needed");
            }
        }
    }

    /** @return names of the files, in the order in which they run */
    public static List<String> files() {
        return FILES;
    }

    public static String text(String name) {
        try (InputStream in = Migrations.class.getClassLoader().getResourceAsStream(DIRECTORY + name)) {
            if (in == null) {
                throw new IllegalStateException(DIRECTORY + name + " is missing in this program");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Listed implements ResourceProvider {
        @Override
        public LoadableResource getResource(String name) {
            return FILES.contains(name) ? new Packed(name) : null;
        }

        @Override
        public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
            return FILES.stream()
                    .filter(name -> name.startsWith(prefix)
                            && List.of(suffixes).stream().anyMatch(name::endsWith))
                    .<LoadableResource>map(Packed::new)
                    .toList();
        }
    }

    private static final class Packed extends LoadableResource {
        private final String name;

        Packed(String name) {
            this.name = name;
        }

        @Override
        public Reader read() {
            return new StringReader(text(name));
        }

        @Override
        public String getAbsolutePath() {
            return DIRECTORY + name;
        }

        @Override
        public String getAbsolutePathOnDisk() {
            return DIRECTORY + name;
        }

        @Override
        public String getFilename() {
            return name;
        }

        @Override
        public String getRelativePath() {
            return name;
        }
    }
}
