package io.raftgres.node.snapshot;

import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.node.store.staging.StagedState;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * A snapshot that was fetched and is to take the place of the live state. For the start of a node, before anything runs
 * on its PostgreSQL. All methods throw {@link StoreUnavailableException} when that is away.
 */
public final class StagedSnapshot {

    private static final Logger LOG = Logger.getLogger(StagedSnapshot.class);
    private static final long LOOK_MILLIS = 50;

    private StagedSnapshot() {}

    /** @return the snapshot that may be installed; waits for a PostgreSQL that starts, as the options say */
    public static Optional<SnapshotManifest> complete(StoreOptions options) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.openMillisMax());
        while (true) {
            try {
                return StagedState.look(options).filter(StagedState::complete).flatMap(StagedSnapshot::manifest);
            } catch (StoreUnavailableException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.sleep(LOOK_MILLIS);
            }
        }
    }

    static Optional<SnapshotManifest> manifest(StagedState staged) {
        try {
            return Optional.of(SnapshotManifest.decode(staged.manifest()));
        } catch (IllegalArgumentException e) {
            LOG.infof("what is staged is no snapshot that this release knows: %s", e.getMessage());
            return Optional.empty();
        }
    }

    /**
     * Puts the complete snapshot in the place of the live state, as this member's, in one transaction that is durable
     * when this returns; nothing of the live state is read. After a crash either the one or the other is there, whole.
     *
     * @throws IllegalStateException when there is none, with all as it was
     */
    public static void install(StoreOptions options, long clusterId, long memberId) {
        StagedState.install(options, clusterId, memberId);
    }

    /** Drops what a crash may have left of states before a snapshot. For each start; quick when there is nothing. */
    public static void cleanUp(StoreOptions options) {
        StagedState.cleanUp(options);
    }

    /** Drops whatever is staged: for a member that needs no snapshot any more. */
    public static void discard(StoreOptions options) {
        StagedState.discard(options);
    }
}
