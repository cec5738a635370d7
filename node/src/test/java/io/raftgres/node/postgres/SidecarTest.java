package io.raftgres.node.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The PostgreSQL of a node in a pod: its script and settings, which are the operator's, run for real. */
class SidecarTest {

    private static final Path FILES = Path.of("../operator/src/main/resources/postgres");
    private static final int CLEAN_END = 0;
    private static final int REFUSED = 1;

    @TempDir
    Path temporary;

    private final List<Process> started = new ArrayList<>();
    private Path directory;
    private Path data;
    private Path output;
    private int port;

    @BeforeEach
    void settings() throws IOException {
        directory = temporary.resolve("postgres");
        data = directory.resolve("data");
        output = temporary.resolve("output");
        port = TestPostgres.freePort();
        Path settings = Files.createDirectories(temporary.resolve("settings"));
        for (String name : List.of("run.sh", "postgresql.conf", "pg_hba.conf")) {
            Files.copy(FILES.resolve(name), settings.resolve(name));
        }
        // As the operator adds the settings of a RaftCluster.
        Files.writeString(
                settings.resolve("postgresql.conf"),
                "port = " + port + "\nunix_socket_directories = ''\nshared_buffers = 16MB\n",
                StandardOpenOption.APPEND);
        // In a user namespace of its own the script is not the owner of what root made.
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    @AfterEach
    void end() throws InterruptedException {
        for (Process process : started) {
            kill(process);
        }
    }

    private Process start() throws IOException {
        List<String> command = new ArrayList<>(PostgresDataDirectory.asOrdinaryUser());
        command.addAll(List.of("sh", temporary.resolve("settings/run.sh").toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
        builder.environment().clear();
        builder.environment().put("PATH", PostgresBinaries.unpack(TestPostgres.cacheDir()) + "/bin:/usr/bin:/bin");
        builder.environment().put("RAFTGRES_POSTGRES_DIR", directory.toString());
        builder.environment()
                .put("RAFTGRES_POSTGRES_SETTINGS", temporary.resolve("settings").toString());
        builder.environment().put("PGDATA", "/var/lib/postgresql/data");
        Process process = builder.start();
        started.add(process);
        return process;
    }

    /** Kills all processes at once, as when a container is killed. */
    private static void kill(Process process) throws InterruptedException {
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
        await("the end of " + all, () -> all.stream().noneMatch(Postmaster::isRunning));
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                fail("waited in vain for " + what);
            }
            Thread.sleep(10);
        }
    }

    private String url() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/raftgres";
    }

    private Connection awaitConnection(Process process) throws InterruptedException, IOException {
        Connection[] connection = new Connection[1];
        await("PostgreSQL", () -> {
            assertTrue(process.isAlive(), this::said);
            try {
                connection[0] = DriverManager.getConnection(url(), "raftgres", "");
                return true;
            } catch (SQLException e) {
                return false;
            }
        });
        return connection[0];
    }

    private String said() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private int exit(Process process) throws InterruptedException {
        assertTrue(process.waitFor(120, TimeUnit.SECONDS), this::said);
        return process.exitValue();
    }

    private static String ask(Connection connection, String question) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(question)) {
            result.next();
            return result.getString(1);
        }
    }

    /** A node's store works with it. A clean stop does not wait for connected clients. */
    @Test
    void serverIsInitialisedOnceAndHoldsANodesData() throws Exception {
        Process first = start();
        String system;
        try (Connection connection = awaitConnection(first)) {
            assertEquals("on", ask(connection, "SHOW data_checksums"));
            assertEquals(
                    "UTF8 C C",
                    ask(
                            connection,
                            "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate || ' '"
                                    + " || datctype FROM pg_database WHERE datname = 'raftgres'"));
            assertEquals("off", ask(connection, "SHOW synchronous_commit"));
            assertEquals("16MB", ask(connection, "SHOW shared_buffers"), "what follows in the settings wins");
            assertEquals("127.0.0.1", ask(connection, "SHOW listen_addresses"));
            system = ask(connection, "SELECT system_identifier FROM pg_control_system()");
            try (Store store = Store.open(StoreOptions.of(url(), "raftgres", ""))) {
                store.bind(7, 8, Membership.of(List.of(new Member(8, "c-0", true, "h:1", "http://h:2"))));
            }
            first.destroy();
            assertEquals(CLEAN_END, exit(first), "a session was open");
        }
        Process second = start();
        try (Connection connection = awaitConnection(second)) {
            assertEquals(system, ask(connection, "SELECT system_identifier FROM pg_control_system()"));
            assertEquals("8", ask(connection, "SELECT member_id FROM raftgres.state"));
        }
        try (Connection reader = DriverManager.getConnection(url(), "raftgres_reader", "")) {
            assertEquals("8", ask(reader, "SELECT member_id FROM state"));
            assertThrows(SQLException.class, () -> ask(reader, "CREATE TABLE t (a int)"));
        }
    }

    @Test
    void aKillWhileTheDataIsMadeHarmsNothing() throws Exception {
        Process killed = start();
        await("initdb", () -> Files.exists(directory.resolve("data.partial/PG_VERSION")) || Files.exists(data));
        kill(killed);
        awaitConnection(start()).close();
        assertFalse(Files.exists(directory.resolve("data.partial")));
    }

    /** A new container uses the process ids of the former one again. */
    @Test
    void killedServerRestartsThoughItsProcessIdIsReused() throws Exception {
        Process killed = start();
        awaitConnection(killed).close();
        kill(killed);
        List<String> pid = new ArrayList<>(Files.readAllLines(data.resolve("postmaster.pid")));
        pid.set(0, Long.toString(ProcessHandle.current().pid()));
        Files.write(data.resolve("postmaster.pid"), pid);
        awaitConnection(start()).close();
    }

    @Test
    void twoNeverRunOnOneDirectory() throws Exception {
        assumeTrue(
                List.of("/usr/bin/flock", "/bin/flock").stream().anyMatch(flock -> Files.isExecutable(Path.of(flock))));
        Process first = start();
        awaitConnection(first).close();
        String pid = Files.readAllLines(data.resolve("postmaster.pid")).getFirst();
        Process second = start();
        await(
                "the second",
                () -> second.children()
                        .anyMatch(child -> child.info().command().orElse("").endsWith("flock")));
        assertEquals(pid, Files.readAllLines(data.resolve("postmaster.pid")).getFirst());
        first.destroy();
        assertEquals(CLEAN_END, exit(first));
        awaitConnection(second).close();
    }

    /** Mounting a volume gives its group all permissions on it. */
    @Test
    void groupPermissionsAreRevoked() throws Exception {
        Process first = start();
        awaitConnection(first).close();
        first.destroy();
        exit(first);
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxrwx---"));
        awaitConnection(start()).close();
    }

    @Test
    void dataOfAnotherMajorVersionIsRefusedAndLeftAlone() throws Exception {
        Files.createDirectories(data);
        Files.writeString(data.resolve("PG_VERSION"), "15\n");
        assertEquals(REFUSED, exit(start()));
        assertTrue(
                said().contains("was made by PostgreSQL 15; this image has PostgreSQL 18, which cannot read it."
                        + " Nothing was changed. Set spec.postgres.image back to an image of PostgreSQL 15."),
                said());
        try (var files = Files.list(data)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void foreignDirectoryIsRefusedAndLeftAlone() throws Exception {
        Files.createDirectories(data);
        Files.writeString(data.resolve("precious"), "x");
        assertEquals(REFUSED, exit(start()));
        assertTrue(said().contains("is neither empty nor a PostgreSQL data directory"), said());
        assertTrue(Files.exists(data.resolve("precious")));
    }
}
