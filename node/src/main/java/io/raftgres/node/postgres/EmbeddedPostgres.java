package io.raftgres.node.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The node's own PostgreSQL server. The node initialises it when there is no data, adopts it when the server of an
 * earlier node process still runs, and restarts it whenever it dies. It listens on 127.0.0.1 only.
 *
 * <p>The server has its own session, so that a terminal's Ctrl-C stops the node first, which then stops the server. The
 * first line of {@code <dataDir>/postmaster.pid} is its process id, for a launcher that cleans up after a killed node.
 * The owner's password is in {@code <dataDir>.password}.
 */
public final class EmbeddedPostgres implements AutoCloseable {

    /** STOPPED: by {@link #close}. DOWN: the server died or does not start, and is restarted. */
    public enum State {
        STARTING,
        READY,
        DOWN,
        STOPPED
    }

    private static final Logger LOG = Logger.getLogger(EmbeddedPostgres.class);

    /** Recovery after a crash replays up to max_wal_size of log, on a disk that may be busy. */
    private static final long READY_MILLIS_MAX = 300_000;

    private static final long BACKOFF_MILLIS_MIN = 100;
    private static final long BACKOFF_MILLIS_MAX = 5_000;
    private static final long STABLE_MILLIS = 10_000;
    private static final long POLL_MILLIS = 50;
    private static final long STOP_SECONDS_FAST = 15;
    private static final long STOP_SECONDS_IMMEDIATE = 5;

    private final PostgresOptions options;
    private final PostgresDataDirectory directory;
    private final Path home;
    private final String password;
    private final Thread supervisor;
    private volatile ProcessHandle server;
    private volatile State state = State.STARTING;
    private volatile boolean closing;

    private EmbeddedPostgres(PostgresOptions options) throws IOException, InterruptedException {
        this.options = options;
        this.home = PostgresBinaries.unpack(options.cacheDir());
        this.directory = new PostgresDataDirectory(options, home);
        directory.prepare();
        this.password = directory.password();
        this.supervisor =
                Thread.ofPlatform().daemon().name("postgres-supervisor").unstarted(this::supervise);
    }

    /**
     * @return when the server accepts connections: at once when it ran already, after recovery when it had crashed
     * @throws DamagedDataException when the files in the directory keep the server from starting
     * @throws IOException with a sentence: the port is in use, the directory is not PostgreSQL's, the server does not
     *     start
     */
    public static EmbeddedPostgres start(PostgresOptions options) throws IOException, InterruptedException {
        try {
            return started(options);
        } catch (NoSuchFileException e) {
            // Also while another process deletes the directory.
            if (Path.of(e.getFile()).startsWith(options.dataDir())) {
                throw new DamagedDataException(options.dataDir() + " is incomplete: " + e.getFile() + " is missing");
            }
            throw e;
        }
    }

    private static EmbeddedPostgres started(PostgresOptions options) throws IOException, InterruptedException {
        EmbeddedPostgres postgres = new EmbeddedPostgres(options);
        try {
            if (!postgres.adopt()) {
                postgres.requireFreePort();
                postgres.launch();
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            postgres.close();
            throw e;
        }
        postgres.supervisor.start();
        return postgres;
    }

    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + options.port() + "/" + PostgresDataDirectory.DATABASE;
    }

    public String user() {
        return PostgresDataDirectory.OWNER;
    }

    public String password() {
        return password;
    }

    public int port() {
        return options.port();
    }

    /** @return process id of the running server, or of the latest one */
    public long pid() {
        return server.pid();
    }

    public State state() {
        return state;
    }

    /**
     * Moves an unusable data directory out of the way: it becomes {@code data.damaged} and replaces an earlier one. No
     * server runs on it.
     */
    public static void setAside(Path dataDir) throws IOException {
        Path aside = dataDir.resolveSibling(dataDir.getFileName() + ".damaged");
        PostgresBinaries.deleteTree(aside);
        try {
            Files.move(dataDir, aside, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            LOG.warnf("cannot set aside %s: it no longer exists", dataDir);
        }
    }

    /** A killed node process leaves its server running; adopting it saves a stop and a recovery. */
    private boolean adopt() throws IOException, InterruptedException {
        Optional<Postmaster> running = Postmaster.running(options.dataDir());
        if (running.isEmpty()) {
            dropForeignPidFile();
            return false;
        }
        ProcessHandle found = running.get().handle();
        if (running.get().port() != options.port()
                || Postmaster.status(options.dataDir(), found.pid()).equals("stopping")) {
            LOG.infof(
                    "stopping the PostgreSQL (pid %d, port %d) that runs on %s",
                    found.pid(), running.get().port(), options.dataDir());
            stop(found);
            return false;
        }
        LOG.infof("adopting the PostgreSQL (pid %d) that runs on %s", found.pid(), options.dataDir());
        directory.writeSettings();
        Postmaster.signal(found, "HUP");
        server = found;
        awaitReady(found);
        return true;
    }

    /**
     * PostgreSQL takes a postmaster.pid for alive when any process has that id, for example after a restart of the
     * machine or container. If the process is dead, PostgreSQL's own check is better: it looks for remaining backends.
     */
    private void dropForeignPidFile() throws IOException {
        if (Postmaster.pidFileNamesAnotherProgram(options.dataDir())) {
            Files.delete(options.dataDir().resolve("postmaster.pid"));
            LOG.infof(
                    "deleted the stale postmaster.pid of %s: another program has its process id now",
                    options.dataDir());
        }
    }

    private void requireFreePort() throws IOException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), options.port()));
        } catch (IOException e) {
            throw new IOException("PostgreSQL cannot listen on 127.0.0.1:" + options.port() + ": " + e.getMessage(), e);
        }
    }

    private void launch() throws IOException, InterruptedException {
        state = State.STARTING;
        directory.writeSettings();
        Files.write(options.startLog(), new byte[0], StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
            command.add("/usr/bin/setsid");
        }
        command.addAll(PostgresDataDirectory.asOrdinaryUser());
        command.addAll(List.of(
                home.resolve("bin/postgres").toString(), "-D", options.dataDir().toString()));
        ProcessHandle started = PostgresDataDirectory.builder(command, options.startLog())
                .start()
                .toHandle();
        server = started;
        awaitReady(started);
        LOG.infof(
                "PostgreSQL serves on 127.0.0.1:%d (pid %d, data %s)",
                options.port(), started.pid(), options.dataDir());
    }

    private void awaitReady(ProcessHandle process) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(READY_MILLIS_MAX);
        while (!Postmaster.status(options.dataDir(), process.pid()).equals("ready")) {
            if (!Postmaster.isRunning(process)) {
                String message = "PostgreSQL on " + options.dataDir() + " did not start: "
                        + String.join(" | ", PostgresDataDirectory.tail(options.startLog(), 3)) + " (its log is in "
                        + options.dataDir().resolve("log") + ")";
                throw directory.looksDamaged() ? new DamagedDataException(message) : new IOException(message);
            }
            if (System.nanoTime() > deadline) {
                throw new IOException(
                        "PostgreSQL on " + options.dataDir() + " is not ready after " + READY_MILLIS_MAX / 1_000
                                + " s; its log is in " + options.dataDir().resolve("log"));
            }
            if (closing) {
                throw new IOException("the node was closed while PostgreSQL started");
            }
            Thread.sleep(5);
        }
        state = State.READY;
    }

    private void supervise() {
        long backoffMillis = BACKOFF_MILLIS_MIN;
        while (!closing) {
            long since = System.nanoTime();
            try {
                while (Postmaster.isRunning(server) && !closing) {
                    Thread.sleep(POLL_MILLIS);
                }
                if (closing) {
                    return;
                }
                state = State.DOWN;
                if (System.nanoTime() - since > TimeUnit.MILLISECONDS.toNanos(STABLE_MILLIS)) {
                    backoffMillis = BACKOFF_MILLIS_MIN;
                }
                LOG.warnf("PostgreSQL (pid %d) died; starting it again in %d ms", server.pid(), backoffMillis);
                Thread.sleep(backoffMillis);
                backoffMillis = Math.min(2 * backoffMillis, BACKOFF_MILLIS_MAX);
                if (!closing && !adopt()) {
                    launch();
                }
            } catch (IOException e) {
                state = State.DOWN;
                LOG.warnf("%s; trying again", e.getMessage());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /**
     * Fast shutdown: open transactions end, and all data is flushed, so that the next start needs no recovery.
     * Idempotent.
     */
    @Override
    public void close() {
        closing = true;
        supervisor.interrupt();
        try {
            if (supervisor.isAlive()) {
                supervisor.join(TimeUnit.SECONDS.toMillis(STOP_SECONDS_IMMEDIATE));
            }
            if (server != null && state != State.STOPPED) {
                stop(server);
            }
        } catch (IOException e) {
            LOG.warnf("could not stop PostgreSQL (pid %d): %s", server.pid(), e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        state = State.STOPPED;
    }

    private static void stop(ProcessHandle process) throws IOException, InterruptedException {
        Postmaster.signal(process, "INT");
        if (!awaitEnd(process, STOP_SECONDS_FAST)) {
            LOG.warnf(
                    "PostgreSQL (pid %d) did not stop within %d s; stopping it at once",
                    process.pid(), STOP_SECONDS_FAST);
            Postmaster.signal(process, "QUIT");
            if (!awaitEnd(process, STOP_SECONDS_IMMEDIATE)) {
                Postmaster.signal(process, "KILL");
                awaitEnd(process, STOP_SECONDS_IMMEDIATE);
            }
        }
    }

    private static boolean awaitEnd(ProcessHandle process, long seconds) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (Postmaster.isRunning(process)) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            Thread.sleep(5);
        }
        return true;
    }
}
