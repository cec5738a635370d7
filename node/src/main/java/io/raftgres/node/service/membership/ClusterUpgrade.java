package io.raftgres.node.service.membership;

import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.consensus.RaftThread;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.ClusterVersion;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.service.health.NodeReport;
import io.raftgres.node.service.health.StatusBroadcast;
import io.raftgres.node.service.write.WriteRouter;
import io.raftgres.raft.Member;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Raises the cluster's version ({@link ClusterVersion}) once every member, including learners, has reported that it can
 * read a higher one. The leader does this while no change of membership is in progress. A node that joins later must be
 * able to read this version.
 */
public final class ClusterUpgrade implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(ClusterUpgrade.class);
    private static final long LOOK_MILLIS = 1_000;
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final Supplier<ConsensusView> view;
    private final Supplier<Optional<MachineState>> state;
    private final LongFunction<Optional<NodeReport>> reports;
    private final Function<Request, CompletionStage<ApplyResult>> propose;
    private final Thread thread = Thread.ofVirtual().name("cluster-upgrade").unstarted(this::run);
    private MembershipChanges changes;
    private String reported = "";

    /** The highest version that this node has ever proposed: it may be in force even if its outcome is unknown. */
    private volatile int proposed;

    /**
     * @param state as applied here; empty for a member without state
     * @param reports the report of each member, also of this one; empty when a member does not answer
     * @param propose proposes a request, if this node is the leader
     */
    ClusterUpgrade(
            Supplier<ConsensusView> view,
            Supplier<Optional<MachineState>> state,
            LongFunction<Optional<NodeReport>> reports,
            Function<Request, CompletionStage<ApplyResult>> propose) {
        this.view = view;
        this.state = state;
        this.reports = reports;
        this.propose = propose;
    }

    public static ClusterUpgrade of(
            RaftThread raft, Supplier<Optional<MachineState>> state, StatusBroadcast status, WriteRouter writes) {
        return new ClusterUpgrade(raft::view, state, status::report, request -> writes.writeHere(request, TIMEOUT));
    }

    /** @param changes the changes of membership, which wait meanwhile */
    public void start(MembershipChanges changes) {
        this.changes = changes;
        thread.start();
    }

    /**
     * Called on the leader.
     *
     * @return the version that a joining node must be able to read: the highest that may be in force. It is unknown
     *     until this node has applied all entries of earlier terms
     */
    public int needed() {
        Optional<MachineState> applied = state.get();
        return applied.isEmpty() || applied.get().term() != view.get().term()
                ? ClusterVersion.LATEST
                : Math.max(proposed, applied.get().clusterVersion());
    }

    private void run() {
        try {
            while (true) {
                if (next() > 0) {
                    changes.between(this::raise);
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return the version that can be proposed now; 0: none */
    private int next() {
        ConsensusView now = view.get();
        Optional<MachineState> applied = state.get();
        if (!now.leads()
                || applied.isEmpty()
                || applied.get().clusterVersion() >= ClusterVersion.LATEST
                || !now.membership().equals(now.committedMembership())) {
            return 0;
        }
        int version = ClusterVersion.LATEST;
        for (Member member : now.membership().members()) {
            Optional<NodeReport> report = reports.apply(member.id());
            int reads = report.map(NodeReport::reads).orElse(0);
            if (reads <= applied.get().clusterVersion()) {
                report(
                        member.name()
                                + (report.isEmpty()
                                        ? " does not answer"
                                        : " of release " + report.get().version() + " reads up to " + reads),
                        applied.get());
                return 0;
            }
            version = Math.min(version, reads);
        }
        return version;
    }

    private void report(String why, MachineState state) {
        if (!why.equals(reported)) {
            reported = why;
            LOG.infof("the cluster stays at version %d for now: %s", state.clusterVersion(), why);
        }
    }

    /** Runs without a concurrent change of membership. */
    void raise() {
        int version = next();
        if (version == 0) {
            return;
        }
        proposed = Math.max(proposed, version);
        try {
            propose.apply(Request.of(null, new Op.Raise(version)))
                    .toCompletableFuture()
                    .get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            LOG.infof("the cluster's version is now %d", version);
        } catch (ExecutionException | TimeoutException e) {
            LOG.debugf("the cluster's version was not raised: %s", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
