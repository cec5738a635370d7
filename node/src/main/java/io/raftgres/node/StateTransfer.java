package io.raftgres.node;

import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.consensus.Consensus;
import io.raftgres.node.consensus.ConsensusListener;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.service.health.StatusBroadcast;
import io.raftgres.node.snapshot.SnapshotFetcher;
import io.raftgres.node.snapshot.SnapshotOptions;
import io.raftgres.node.snapshot.SnapshotServer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Transfers snapshots: sends this member's own to others that ask, and fetches one when this member needs it. */
public final class StateTransfer implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(StateTransfer.class);

    private final SnapshotServer server;
    private final SnapshotFetcher fetcher;
    private final Runnable arrived;
    private final Consumer<Throwable> failed;
    private final AtomicBoolean fetching = new AtomicBoolean();
    private volatile StatusBroadcast status;
    private volatile Thread thread;

    /**
     * @param arrived called when a snapshot has arrived, complete and checked
     * @param failed called when no snapshot can be had
     */
    StateTransfer(NodeConfig config, OpenData data, Consensus consensus, Runnable arrived, Consumer<Throwable> failed) {
        this.arrived = arrived;
        this.failed = failed;
        SnapshotOptions options = SnapshotOptions.standard(config.snapshotBytesPerSecond());
        this.server = new SnapshotServer(
                NodeConfig.snapshotDirectory(config),
                data.options(),
                options,
                consensus.peers()::send,
                () -> !data.stateless());
        this.fetcher = new SnapshotFetcher(data.options(), options, consensus.peers()::send, this::sources);
        consensus.listen(new ConsensusListener() {
            @Override
            public void received(long from, Frame.SnapshotRequest request) {
                server.received(from, request);
            }

            @Override
            public void received(long from, Frame.SnapshotResponse response) {
                fetcher.received(from, response);
            }

            @Override
            public void unreachable(long member) {
                fetcher.unreachable(member);
            }
        });
    }

    void start(StatusBroadcast known) {
        status = known;
    }

    /**
     * @return members that can send a snapshot: members that serve, followers before the leader, the least behind first
     */
    private List<Long> sources() {
        StatusBroadcast known = status;
        return known == null ? List.of() : known.sources();
    }

    /**
     * Begins to fetch a snapshot, or changes the index that is needed.
     *
     * @param minIndex the snapshot must be at this index or above
     */
    void fetch(long minIndex) {
        fetcher.need(minIndex);
        if (!fetching.compareAndSet(false, true)) {
            return;
        }
        LOG.infof("fetching the state of index %d or later from another member", minIndex);
        thread = Thread.ofVirtual().name("snapshot-fetch").start(() -> {
            try {
                fetcher.fetch();
                arrived.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                failed.accept(e);
            }
        });
    }

    /** @return a sentence for clients that ask meanwhile */
    String progress(String why) {
        return "this member is being rebuilt from the others (" + why + "): " + (receivedBytes() >> 20)
                + " MiB received";
    }

    long receivedBytes() {
        return fetcher.receivedBytes();
    }

    long sent() {
        return server.sent();
    }

    @Override
    public void close() {
        fetcher.close();
        Thread running = thread;
        if (running != null) {
            running.interrupt();
            try {
                running.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        server.close();
    }
}
