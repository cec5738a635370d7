package io.raftgres.node.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node's own PostgreSQL starts, is supervised, is taken over from a killed node, and stops with the node. */
@Timeout(180)
class EmbeddedPostgresTest {

    @TempDir
    Path temp;

    @Test
    void servesItsOwnerByPasswordAndKeepsDataOverARestart() throws Exception {
        PostgresOptions options = TestPostgres.options(temp);
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(options)) {
            assertEquals("18.4", query(postgres, "SHOW server_version"));
            assertEquals("UTF8", query(postgres, "SHOW server_encoding"));
            assertEquals("on", query(postgres, "SHOW data_checksums"));
            assertEquals("off", query(postgres, "SHOW synchronous_commit"));
            assertEquals("127.0.0.1", query(postgres, "SHOW listen_addresses"));
            execute(postgres, "CREATE TABLE kept AS SELECT 42 AS x");
            assertEquals(EmbeddedPostgres.State.READY, postgres.state());
            assertEquals(
                    "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(options.passwordFile())));
            SQLException refused = assertThrows(
                    SQLException.class,
                    () -> DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), "wrong")
                            .close());
            assertEquals("28P01", refused.getSQLState());
        }
        assertTrue(Postmaster.running(options.dataDir()).isEmpty());
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(options)) {
            assertEquals("42", query(postgres, "SELECT x FROM kept"));
        }
    }

    @Test
    void incompleteDirectoryIsDamagedAndCanBeSetAside() throws Exception {
        PostgresOptions options = TestPostgres.options(temp);
        EmbeddedPostgres.start(options).close();
        Files.delete(options.dataDir().resolve("postgresql.conf"));
        DamagedDataException damaged = assertThrows(DamagedDataException.class, () -> EmbeddedPostgres.start(options));
        assertTrue(damaged.getMessage().contains("postgresql.conf"), damaged.getMessage());
        EmbeddedPostgres.setAside(options.dataDir());
        // All of it may be gone by then.
        EmbeddedPostgres.setAside(options.dataDir());
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(options)) {
            assertEquals("1", query(postgres, "SELECT 1"));
        }
    }

    @Test
    void killedServerIsRestartedSoon() throws Exception {
        try (EmbeddedPostgres postgres = TestPostgres.start(temp)) {
            for (int round = 0; round < 3; round++) {
                long killed = postgres.pid();
                ProcessHandle.of(killed).orElseThrow().destroyForcibly();
                long start = System.nanoTime();
                await(
                        "a new server",
                        () -> postgres.pid() != killed && postgres.state() == EmbeddedPostgres.State.READY);
                assertEquals("1", query(postgres, "SELECT 1"));
                System.out.println("back after " + (System.nanoTime() - start) / 1_000_000 + " ms");
            }
        }
    }

    @Test
    void threeFirstStartsAtOnceShareOneUnpackedCopy() throws Exception {
        Path cache = temp.resolve("cache");
        try (ExecutorService pool = Executors.newFixedThreadPool(3)) {
            List<Future<EmbeddedPostgres>> starts = new ArrayList<>();
            for (int node = 1; node <= 3; node++) {
                PostgresOptions options =
                        PostgresOptions.of(temp.resolve("node" + node), TestPostgres.freePort(), cache);
                starts.add(pool.submit(() -> EmbeddedPostgres.start(options)));
            }
            for (Future<EmbeddedPostgres> start : starts) {
                try (EmbeddedPostgres postgres = start.get()) {
                    assertEquals("1", query(postgres, "SELECT 1"));
                }
            }
        }
        try (var entries = Files.list(cache)) {
            assertEquals(1, entries.filter(Files::isDirectory).count());
        }
    }

    @Test
    void takesOverTheServerOfANodeThatWasKilled() throws Exception {
        PostgresOptions options = TestPostgres.options(temp);
        Process node = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        OrphanMaker.class.getName(),
                        options.dataDir().toString(),
                        Integer.toString(options.port()),
                        options.cacheDir().toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        long orphan = Long.parseLong(node.inputReader().readLine());
        node.destroyForcibly().waitFor();
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(options)) {
            assertEquals(orphan, postgres.pid());
            assertEquals("7", query(postgres, "SELECT x FROM orphaned"));
            ProcessHandle.of(orphan).orElseThrow().destroyForcibly();
            await("a successor", () -> postgres.pid() != orphan && postgres.state() == EmbeddedPostgres.State.READY);
            assertEquals("7", query(postgres, "SELECT x FROM orphaned"));
        }
        assertFalse(ProcessHandle.of(orphan).filter(Postmaster::isRunning).isPresent());
    }

    /** The node of {@link #takesOverTheServerOfANodeThatWasKilled}. */
    static final class OrphanMaker {
        public static void main(String[] args) throws Exception {
            EmbeddedPostgres postgres = EmbeddedPostgres.start(
                    PostgresOptions.of(Path.of(args[0]), Integer.parseInt(args[1]), Path.of(args[2])));
            execute(postgres, "SET synchronous_commit = on; CREATE TABLE orphaned AS SELECT 7 AS x");
            System.out.println(postgres.pid());
            Thread.sleep(Duration.ofMinutes(2));
        }
    }

    @Test
    void aStalePidFileOfAnotherProgramDoesNotHinderTheStart() throws Exception {
        PostgresOptions options = TestPostgres.options(temp);
        EmbeddedPostgres.start(options).close();
        Files.writeString(
                options.dataDir().resolve("postmaster.pid"),
                ProcessHandle.current().pid() + "\n" + options.dataDir() + "\n1700000000\n" + options.port()
                        + "\n\n127.0.0.1\n  1  2\nready   \n");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(options)) {
            assertNotEquals(ProcessHandle.current().pid(), postgres.pid());
            assertEquals("1", query(postgres, "SELECT 1"));
        }
    }

    @Test
    void failedStartIsExplained() throws Exception {
        PostgresOptions options = TestPostgres.options(temp);
        try (ServerSocket taken = new ServerSocket(options.port(), 1, InetAddress.getByName("127.0.0.1"))) {
            IOException refused = assertThrows(IOException.class, () -> EmbeddedPostgres.start(options));
            assertTrue(refused.getMessage().contains("127.0.0.1:" + taken.getLocalPort()), refused.getMessage());
        }
        Path foreign = Files.createDirectory(temp.resolve("foreign"));
        Files.writeString(foreign.resolve("letter.txt"), "not a database");
        PostgresOptions wrong = PostgresOptions.of(foreign, options.port(), options.cacheDir());
        IOException refused = assertThrows(IOException.class, () -> EmbeddedPostgres.start(wrong));
        assertTrue(refused.getMessage().contains("neither empty nor"), refused.getMessage());
        Files.writeString(options.dataDir().resolve("PG_VERSION"), "9\n");
        refused = assertThrows(IOException.class, () -> EmbeddedPostgres.start(options));
        assertTrue(refused.getMessage().contains("made by PostgreSQL 9"), refused.getMessage());
    }

    private interface Condition {
        boolean holds();
    }

    private static void await(String what, Condition condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.holds()) {
            assertTrue(System.nanoTime() < deadline, "no " + what + " within 60 s");
            Thread.sleep(5);
        }
    }

    private static String query(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getString(1);
        }
    }

    private static void execute(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
