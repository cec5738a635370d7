package io.raftgres.node.snapshot;

import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.node.store.staging.StagedState;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * A fetched snapshot that will replace the live state. For the start of a node, before any other code uses its
 * PostgreSQL. All methods throw {@link StoreUnavailableException} when PostgreSQL is unavailable.
 */
public final class StagedSnapshot {

    private static final Logger LOG = Logger.getLogger(StagedSnapshot.class);
    private static final long LOOK_MILLIS = 50;

    private StagedSnapshot() {}

    /** @return the snapshot that may be installed; waits for a PostgreSQL that starts, as long as the options allow */
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
            LOG.infof("the staged snapshot is not readable by this release: %s", e.getMessage());
            return Optional.empty();
        }
    }

    /**
     * Replaces the live state by the complete snapshot, as this member's state, in one transaction that is durable when
     * this returns. It reads nothing of the live state. After a crash either the whole old state or the whole new one
     * is there.
     *
     * @throws IllegalStateException when there is no complete snapshot; nothing is changed then
     */
    public static void install(StoreOptions options, long clusterId, long memberId) {
        StagedState.install(options, clusterId, memberId);
    }

    /** Drops states from before a snapshot that a crash may have left. For each start; quick when there are none. */
    public static void cleanUp(StoreOptions options) {
        StagedState.cleanUp(options);
    }

    /** Drops all staged data: for a member that no longer needs a snapshot. */
    public static void discard(StoreOptions options) {
        StagedState.discard(options);
    }
}
