package io.raftgres.node.service.lease;

import io.netty.util.HashedWheelTimer;
import io.raftgres.node.consensus.Consensus;
import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.consensus.RaftThread;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Leases;
import io.raftgres.node.kv.Limits;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.service.LeaseService;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jboss.logging.Logger;

/**
 * The lease service of a running node: grants and ends go through the log; the leader answers questions about times.
 */
public final class NodeLeases implements LeaseService, AutoCloseable {

    private static final Logger LOG = Logger.getLogger(NodeLeases.class);
    private static final long LOOK_MILLIS = 100;

    private static final Duration EXPIRY_TIMEOUT = Duration.ofSeconds(5);

    /** The parts of the surrounding service that leases need. */
    public interface Store {
        CompletionStage<ApplyResult> write(Request request, Duration timeout);

        /** Blocks until this node shows every write that was acknowledged before. */
        void barrier(Duration timeout);

        /** Blocks; as {@link LeaseService#keys}. */
        List<Key> keysOf(long lease, Duration timeout, LongConsumer held);
    }

    private final Store store;
    private final Leases leases;
    private final RaftThread raft;
    private final HashedWheelTimer timer;
    private final long minTtlSeconds;
    private final Lessor lessor;
    private final LeaseTimes times;
    private final SecureRandom random = new SecureRandom();
    private volatile boolean closed;

    /**
     * @param minTtlSeconds minimal time to live: a lease must outlast an election
     * @param maxInFlight maximal number of questions about times in flight
     */
    public NodeLeases(Store store, Consensus consensus, HashedWheelTimer timer, long minTtlSeconds, int maxInFlight) {
        this.store = store;
        this.leases = consensus.replica().leases();
        this.raft = consensus.raft();
        this.timer = timer;
        this.minTtlSeconds = minTtlSeconds;
        this.lessor = new Lessor(leases, System::nanoTime);
        this.times = new LeaseTimes(raft, consensus.peers(), timer, lessor, maxInFlight);
        leases.listen(lessor);
    }

    /** Called when consensus may have begun. */
    public void start() {
        leaderChanged();
        look();
    }

    /** Called when the leader or its term may have changed. The last call has read the newest state. */
    public synchronized void leaderChanged() {
        ConsensusView view = raft.view();
        if (!view.leads()) {
            lessor.follow();
        } else if (lessor.term() != view.term()) {
            lessor.lead(view.term());
        }
    }

    public void unreachable(long member) {
        times.unreachable(member);
    }

    public void received(long from, Frame.LeaseRequest request) {
        times.received(from, request);
    }

    public void received(Frame.LeaseResponse response) {
        times.received(response);
    }

    @Override
    public CompletionStage<Granted> grant(long lease, long ttlSeconds, Duration timeout) {
        Op.Grant grant = newGrant(lease, ttlSeconds);
        return store.write(Request.of(null, grant), timeout)
                .thenApply(result -> new Granted(grant.lease(), grant.ttlSeconds(), result.revision()));
    }

    @Override
    public Op.Grant newGrant(long lease, long ttlSeconds) {
        return new Op.Grant(lease == 0 ? newId() : lease, Math.max(minTtlSeconds, ttlSeconds));
    }

    private long newId() {
        while (true) {
            long id = random.nextLong() & Long.MAX_VALUE;
            if (id != 0 && !leases.exists(id)) {
                return id;
            }
        }
    }

    @Override
    public CompletionStage<Long> revoke(long lease, Duration timeout) {
        // A lease with very many keys ends in several entries.
        return store.write(Request.of(null, new Op.Revoke(List.of(lease), 0)), timeout)
                .thenCompose(result -> result.succeeded()
                        ? CompletableFuture.completedFuture(result.revision())
                        : revoke(lease, timeout));
    }

    @Override
    public CompletionStage<Long> keepAlive(long lease, Duration timeout) {
        return times.ask(lease, true, timeout)
                .thenApply(result -> result instanceof LeaseResult.Running running ? running.ttlSeconds() : 0L);
    }

    @Override
    public CompletionStage<TimeLeft> timeLeft(long lease, Duration timeout) {
        return times.ask(lease, false, timeout)
                .thenApply(result -> result instanceof LeaseResult.Running running
                        ? new TimeLeft(running.ttlSeconds(), TimeUnit.MILLISECONDS.toSeconds(running.leftMillis()))
                        : null);
    }

    @Override
    public List<Key> keys(long lease, Duration timeout, LongConsumer held) {
        return store.keysOf(lease, timeout, held);
    }

    @Override
    public List<Long> list(Duration timeout) {
        store.barrier(timeout);
        return leases.all().keySet().stream().sorted().toList();
    }

    private void look() {
        timer.newTimeout(
                timeout -> {
                    expire();
                    if (!closed) {
                        look();
                    }
                },
                LOOK_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    /** The end goes through the log with this leader's term: an entry with another term has no effect. */
    private void expire() {
        long term = lessor.term();
        List<Long> expired = lessor.expired(Limits.MAX_REVOKED_LEASES);
        if (term == 0 || expired.isEmpty()) {
            return;
        }
        store.write(Request.of(null, new Op.Revoke(expired, term)), EXPIRY_TIMEOUT)
                .whenComplete((result, why) -> {
                    if (why != null && !(why instanceof ServiceException.Unavailable)) {
                        LOG.debugf("the end of %d leases is not committed yet: %s", expired.size(), why.getMessage());
                    }
                    lessor.stillThere(expired);
                });
    }

    @Override
    public void close() {
        closed = true;
        lessor.follow();
    }
}
