package io.raftgres.node;

import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.join.Quarantine;
import io.raftgres.node.log.LogDamagedException;
import io.raftgres.node.log.LogIdentity;
import io.raftgres.node.log.LogOptions;
import io.raftgres.node.log.SegmentedLog;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.memory.Share;
import io.raftgres.node.postgres.DamagedDataException;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.PostgresOptions;
import io.raftgres.node.snapshot.SnapshotManifest;
import io.raftgres.node.snapshot.StagedSnapshot;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.node.store.sql.StoreOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Opens a member's data: its log and its PostgreSQL, and makes them consistent. It also installs a received snapshot,
 * while nothing runs on the old state. If the state is lost or in quarantine, only the log is opened.
 */
final class OpenData implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(OpenData.class);
    private static final long DIRECTORY_LOOK_MILLIS = 1_000;

    private final Path directory;
    private final Bootstrap bootstrap;
    private final NodeMemory memory;
    private SegmentedLog log;
    private EmbeddedPostgres postgres;
    private StoreOptions options;
    private Store store;
    private String whyStateless;
    private volatile boolean closed;
    private Thread watcher;

    private OpenData(NodeMemory memory, Path directory, Bootstrap bootstrap) {
        this.directory = directory;
        this.bootstrap = bootstrap;
        this.memory = memory;
    }

    /**
     * @throws StartRefusedException when the log is lost or corrupt: the member must join again as a new member
     * @throws IOException when the data is another member's, or cannot be opened
     */
    static OpenData open(NodeConfig config, NodeMemory memory, Path directory, Bootstrap bootstrap)
            throws IOException, InterruptedException {
        OpenData data = new OpenData(memory, directory, bootstrap);
        try {
            data.open(config);
            return data;
        } catch (IOException | InterruptedException | RuntimeException e) {
            data.close();
            throw e;
        }
    }

    private void open(NodeConfig config) throws IOException, InterruptedException {
        // The log is read while PostgreSQL starts.
        FutureTask<SegmentedLog> opening = new FutureTask<>(() -> SegmentedLog.open(
                NodeConfig.logDirectory(config),
                new LogIdentity(bootstrap.clusterId(), bootstrap.self().id()),
                bootstrap.membership(),
                logOptions(config)));
        Thread.ofPlatform().name("open-log-" + config.name()).start(opening);
        try {
            openPostgres(config, opening);
        } finally {
            log = result(opening);
        }
        Optional<Quarantine> quarantine = Quarantine.read(directory);
        whyStateless = quarantine.map(Quarantine::reason).orElse(null);
        installArrived();
        if (whyStateless == null) {
            openStore();
        }
        if (whyStateless == null) {
            together(store.state());
        }
        if (whyStateless != null && store != null) {
            store.close();
            store = null;
        }
        if (whyStateless == null) {
            StagedSnapshot.cleanUp(options);
        } else if (log.membershipAt(log.lastIndex()).members().size() < 2) {
            throw new IOException(whyStateless + ". No other member can send the state: restore a backup, or, if you"
                    + " know that the data is right, delete the file 'quarantine' from " + directory);
        }
    }

    private void openPostgres(NodeConfig config, FutureTask<SegmentedLog> opening)
            throws IOException, InterruptedException {
        if (config.postgres().url().isPresent()) {
            options = StoreOptions.of(
                            config.postgres().url().get(),
                            config.postgres().user(),
                            config.postgres().password().orElse(""))
                    .within(memory.limit(Share.READS));
            return;
        }
        PostgresOptions embedded = PostgresOptions.of(
                directory.resolve("postgres").resolve("data"), config.postgres().port(), postgresCache());
        try {
            postgres = EmbeddedPostgres.start(embedded);
        } catch (DamagedDataException e) {
            SegmentedLog opened = result(opening);
            if (opened.membershipAt(opened.lastIndex()).members().size() < 2) {
                throw e;
            }
            LOG.errorf("%s. The data directory is set aside; the other members have the state", e.getMessage());
            EmbeddedPostgres.setAside(embedded.dataDir());
            postgres = EmbeddedPostgres.start(embedded);
        }
        options = StoreOptions.of(postgres.jdbcUrl(), postgres.user(), postgres.password())
                .within(memory.limit(Share.READS));
    }

    /** Installs a complete snapshot in place of a state that is behind it or in quarantine. */
    private void installArrived() throws IOException, InterruptedException {
        Optional<SnapshotManifest> arrived = StagedSnapshot.complete(options);
        if (arrived.isEmpty() || arrived.get().clusterId() != bootstrap.clusterId()) {
            return;
        }
        long index = arrived.get().index();
        long applied = whyStateless != null ? -1 : appliedIndex();
        if (index > applied && index >= log.firstIndex() - 1) {
            StagedSnapshot.install(
                    options, bootstrap.clusterId(), bootstrap.self().id());
            Quarantine.lift(directory);
            whyStateless = null;
            LOG.infof(
                    "installed the state of index %d, revision %d, from a snapshot of another member",
                    index, arrived.get().revision());
        } else {
            StagedSnapshot.discard(options);
        }
    }

    private long appliedIndex() throws InterruptedException {
        try (Store before = Store.open(options)) {
            return before.state().appliedIndex();
        } catch (StoreDamagedException e) {
            return -1;
        }
    }

    private void openStore() throws InterruptedException {
        try {
            store = Store.open(options);
            store.bind(
                    bootstrap.clusterId(),
                    bootstrap.self().id(),
                    log.membershipAt(Math.min(log.lastIndex(), store.state().appliedIndex())));
        } catch (StoreDamagedException e) {
            whyStateless = e.getMessage();
        }
    }

    /**
     * Checks that log and PostgreSQL belong together: PostgreSQL is written only up to the log's synced index, and the
     * log is truncated only up to PostgreSQL's flushed index.
     */
    private void together(StoreState state) throws IOException {
        boolean cut = state.snapshotIndex() < log.firstIndex() - 1;
        if (state.snapshotIndex() > 0 && !cut && !log.holds(state.snapshotIndex(), state.snapshotTerm())) {
            // The snapshot was installed, but the log does not begin after it yet.
            LOG.infof("the log restarts after index %d", state.snapshotIndex());
            log.reset(state.snapshotIndex(), state.snapshotTerm(), store.membership());
        }
        if (state.appliedIndex() > log.lastIndex()) {
            throw new StartRefusedException(
                    new StopReason.Replace("PostgreSQL has applied index " + state.appliedIndex()
                            + ", but the log ends at " + log.lastIndex()
                            + ": the log or its end was lost, and with it this member's votes and acknowledgements"));
        }
        if (state.appliedIndex() < log.firstIndex() - 1) {
            whyStateless = "PostgreSQL has applied index " + state.appliedIndex() + ", but the log begins at "
                    + log.firstIndex() + ": PostgreSQL's data was lost or replaced";
        }
    }

    private static SegmentedLog result(FutureTask<SegmentedLog> log) throws IOException, InterruptedException {
        try {
            return log.get();
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case LogDamagedException damaged ->
                    new StartRefusedException(new StopReason.Replace(damaged.getMessage()));
                case IOException failure -> failure;
                default -> new IOException(e.getCause());
            };
        }
    }

    private static LogOptions logOptions(NodeConfig config) {
        LogOptions standard = LogOptions.standard();
        return new LogOptions(config.segmentBytes(), standard.spareSegments(), standard.bufferBytes());
    }

    private static Path postgresCache() {
        return Path.of(System.getProperty("user.home"), ".cache", "raftgres");
    }

    SegmentedLog log() {
        return log;
    }

    StoreOptions options() {
        return options;
    }

    EmbeddedPostgres postgres() {
        return postgres;
    }

    boolean stateless() {
        return whyStateless != null;
    }

    /** @return a sentence; null when there is state */
    String whyStateless() {
        return whyStateless;
    }

    Store store() {
        return store;
    }

    /**
     * @param lost called when the embedded server's directory is gone: its processes may continue without it for a
     *     minute
     */
    void watch(Consumer<String> lost) {
        if (postgres == null) {
            return;
        }
        Path version = directory.resolve("postgres").resolve("data").resolve("PG_VERSION");
        watcher = Thread.ofVirtual().name("postgres-directory").start(() -> {
            try {
                while (!closed) {
                    if (!Files.exists(version)) {
                        lost.accept("PostgreSQL's data directory " + version.getParent() + " is gone");
                        return;
                    }
                    TimeUnit.MILLISECONDS.sleep(DIRECTORY_LOOK_MILLIS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Override
    public void close() {
        closed = true;
        if (watcher != null) {
            watcher.interrupt();
        }
        close(store);
        close(log);
        close(postgres);
    }

    private static void close(AutoCloseable part) {
        if (part != null) {
            try {
                part.close();
            } catch (Exception e) {
                LOG.warnf(e, "closing %s failed", part.getClass().getSimpleName());
            }
        }
    }
}
