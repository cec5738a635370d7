package io.raftgres.node.store.schema;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Makes the schema {@code raftgres} like the migrations do, but within an existing transaction, where Flyway needs its
 * own. It writes the record that Flyway would have written, so that later migrations continue from there. A test
 * compares the result with Flyway's.
 */
public final class FreshSchema {

    private static final String RECORD = """
            CREATE TABLE raftgres.%1$s (
                installed_rank integer       NOT NULL,
                version        varchar(50),
                description    varchar(200)  NOT NULL,
                type           varchar(20)   NOT NULL,
                script         varchar(1000) NOT NULL,
                checksum       integer,
                installed_by   varchar(100)  NOT NULL,
                installed_on   timestamp     NOT NULL DEFAULT now(),
                execution_time integer       NOT NULL,
                success        boolean       NOT NULL
            );
            ALTER TABLE raftgres.%1$s ADD CONSTRAINT "%1$s_pk" PRIMARY KEY (installed_rank);
            CREATE INDEX "%1$s_s_idx" ON raftgres.%1$s (success);
            INSERT INTO raftgres.%1$s VALUES
                (0, NULL, '<< Flyway Schema Creation >>', 'SCHEMA', '"raftgres"', NULL, current_user, now(), 0, true)""".formatted(Migrations.RECORD);

    private FreshSchema() {}

    /** The schema must not exist. */
    public static void create(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA raftgres");
            statement.execute("SET LOCAL search_path = raftgres, public");
            for (String file : Migrations.files()) {
                statement.execute(Migrations.text(file));
            }
            statement.execute("SET LOCAL search_path = DEFAULT");
            statement.execute(RECORD);
        }
        record(connection);
    }

    private static void record(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO raftgres." + Migrations.RECORD
                + " VALUES (?, ?, ?, 'SQL', ?, ?, current_user, now(), 0, true)")) {
            int rank = 0;
            for (String file : Migrations.files()) {
                int end = file.indexOf("__");
                statement.setInt(1, ++rank);
                statement.setString(2, file.substring(1, end));
                statement.setString(
                        3, file.substring(end + 2, file.lastIndexOf('.')).replace('_', ' '));
                statement.setString(4, file);
                statement.setObject(5, checksum(Migrations.text(file)), Types.INTEGER);
                statement.executeUpdate();
            }
        }
    }

    /** Flyway's checksum: over the lines without their ends. */
    private static int checksum(String text) {
        CRC32 crc = new CRC32();
        List<String> lines = text.lines().toList();
        lines.forEach(line -> crc.update(line.getBytes(StandardCharsets.UTF_8)));
        return (int) crc.getValue();
    }
}
