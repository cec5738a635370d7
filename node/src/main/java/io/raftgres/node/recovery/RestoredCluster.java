package io.raftgres.node.recovery;

import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.MemberIdentity;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.log.LogIdentity;
import io.raftgres.node.log.LogOptions;
import io.raftgres.node.log.SegmentedLog;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.PostgresOptions;
import io.raftgres.node.snapshot.SnapshotImport;
import io.raftgres.node.snapshot.SnapshotManifest;
import io.raftgres.node.snapshot.StagedSnapshot;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;

/**
 * Makes a cluster of one from a snapshot file, in an empty data directory. The cluster and the member get new
 * identities, so that no member of the old cluster mixes with it. The member's identity file is written last: after an
 * interruption no node starts on the directory, and the administrator has to remove it.
 */
public final class RestoredCluster {

    /** Prefix of the value of {@code raftgres.recover}; the file follows. */
    public static final String OPTION = "restore:";

    private RestoredCluster() {}

    /**
     * @return a report for people, a line each
     * @throws IOException with sentences: why nothing was done, or the next step
     */
    public static List<String> run(NodeConfig config, Path file) throws IOException, InterruptedException {
        Path directory = config.dataDir().toAbsolutePath().normalize();
        requireBlank(config, directory);
        SnapshotManifest manifest = SnapshotImport.verify(file);
        Member own = Bootstrap.own(config);
        LogIdentity identity = new LogIdentity(randomId(), randomId());
        Member self = new Member(identity.memberId(), own.name(), true, own.peerAddress(), own.clientAddress());
        Files.createDirectories(directory);
        if (config.postgres().url().isPresent()) {
            load(
                    StoreOptions.of(
                            config.postgres().url().get(),
                            config.postgres().user(),
                            config.postgres().password().orElse("")),
                    file,
                    identity,
                    self);
        } else {
            try (EmbeddedPostgres postgres = EmbeddedPostgres.start(PostgresOptions.of(
                    postgresData(directory),
                    config.postgres().port(),
                    Path.of(System.getProperty("user.home"), ".cache", "raftgres")))) {
                load(StoreOptions.of(postgres.jdbcUrl(), postgres.user(), postgres.password()), file, identity, self);
            }
        }
        LogOptions standard = LogOptions.standard();
        SegmentedLog.open(
                        NodeConfig.logDirectory(config),
                        identity,
                        Membership.of(List.of(self)),
                        new LogOptions(config.segmentBytes(), standard.spareSegments(), standard.bufferBytes()))
                .close();
        new MemberIdentity(identity.clusterId(), identity.memberId(), own.name()).write(directory);
        return report(manifest, identity, self);
    }

    private static Path postgresData(Path directory) {
        return directory.resolve("postgres").resolve("data");
    }

    private static void requireBlank(NodeConfig config, Path directory) throws IOException {
        boolean own = config.postgres().url().isEmpty() && Files.exists(postgresData(directory));
        if (own
                || MemberIdentity.read(directory).isPresent()
                || SegmentedLog.identityOf(NodeConfig.logDirectory(config)).isPresent()) {
            throw new IOException("there is data in " + directory + " already, which has not been changed. A"
                    + " snapshot is restored into an empty directory: choose another one with raftgres.data-dir; or,"
                    + " if that data is not needed, or was left by an interrupted restore, remove the directory");
        }
    }

    private static void load(StoreOptions options, Path file, LogIdentity identity, Member self)
            throws IOException, InterruptedException {
        try (Store store = Store.open(options)) {
            if (store.owner().isPresent() || store.state().appliedIndex() > 0) {
                throw new IOException("the database at " + options.jdbcUrl() + " has a member's data already, which"
                        + " has not been changed. A snapshot is restored into an empty database: choose another one");
            }
        } catch (StoreUnavailableException e) {
            throw new IOException("PostgreSQL is unavailable: " + e.getMessage(), e);
        }
        SnapshotImport.stage(file, options, Membership.of(List.of(self)));
        StagedSnapshot.install(options, identity.clusterId(), identity.memberId());
    }

    private static long randomId() {
        SecureRandom random = new SecureRandom();
        long id = 0;
        while (id == Member.NONE) {
            id = random.nextLong();
        }
        return id;
    }

    private static List<String> report(SnapshotManifest manifest, LogIdentity identity, Member self) {
        return List.of(
                "A NEW CLUSTER WAS MADE OF THE SNAPSHOT.",
                "",
                "  member            " + self.name() + ", " + HexFormat.of().toHexDigits(self.id()),
                "  cluster           " + HexFormat.of().toHexDigits(identity.clusterId()) + ", the snapshot's was "
                        + HexFormat.of().toHexDigits(manifest.clusterId()),
                "  revision          " + manifest.revision(),
                "",
                "WHAT TO DO NEXT",
                "  1. Start this node. It serves as a cluster of one.",
                "  2. Start the others with empty data directories, and RAFTGRES_JOIN set to this node's client URL: they",
                "     join as new learners and become voters. Until then, a failure of this node is an outage.");
    }
}
