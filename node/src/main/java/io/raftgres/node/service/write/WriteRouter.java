package io.raftgres.node.service.write;

import io.netty.util.HashedWheelTimer;
import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.consensus.PendingWrite;
import io.raftgres.node.consensus.RaftThread;
import io.raftgres.node.kv.Acceptance;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.RequestCodec;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.memory.MemoryAccount;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.peer.PeerTransport;
import io.raftgres.raft.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * Sends writes to the leader, here or on another node, and returns their results. A write that a leader certainly has
 * not done is sent to the next leader, until its deadline. A write that may be done is sent again only with an
 * idempotency token.
 */
public final class WriteRouter {

    private static final long OVERLOADED_RETRY_MILLIS = 1_000;

    /** A write that a leader refused is tried again after this time, or as soon as a leader is known. */
    private static final long REROUTE_MILLIS = 10;

    /** The longest timeout that a forwarded write may have. */
    private static final long MAX_FORWARDED_MILLIS = 60_000;

    private record Forwarded(long leader, WriteOperation operation) {}

    private final RaftThread raft;
    private final PeerTransport peers;
    private final HashedWheelTimer timer;
    private final WriteLimits limits;
    private final Acceptance acceptance;
    private final BooleanSupplier noSpace;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong nextForwardId = new AtomicLong();
    private final Map<Long, Forwarded> forwarded = new ConcurrentHashMap<>();
    /** Operations that wait for a leader; an operation that ends is removed. */
    private final Set<WriteOperation> leaderless = ConcurrentHashMap.newKeySet();

    /**
     * @param maxCount maximal number of writes in flight on this node
     * @param bytes budget for their bytes
     */
    public record WriteLimits(int maxCount, MemoryAccount bytes) {}

    /** @param noSpace whether, on the leader, requests that add data are refused */
    public WriteRouter(
            RaftThread raft,
            PeerTransport peers,
            HashedWheelTimer timer,
            WriteLimits limits,
            Acceptance acceptance,
            BooleanSupplier noSpace) {
        this.acceptance = acceptance;
        this.noSpace = noSpace;
        this.raft = raft;
        this.peers = peers;
        this.timer = timer;
        this.limits = limits;
    }

    public CompletionStage<ApplyResult> write(Request request, Duration timeout) {
        byte[] data;
        try {
            data = accepted(request);
        } catch (ServiceException e) {
            return CompletableFuture.failedFuture(e);
        }
        return start(data, request.token() != null, timeout, true).future();
    }

    private byte[] accepted(Request request) {
        acceptance.check(request);
        byte[] data = RequestCodec.encode(request);
        Acceptance.checkSize(data.length);
        return data;
    }

    /** Like {@link #write}, but only if this node is the leader; otherwise it fails as not done. */
    public CompletionStage<ApplyResult> writeHere(Request request, Duration timeout) {
        return start(RequestCodec.encode(request), request.token() != null, timeout, false)
                .future();
    }

    /** A write that another node forwarded, because it believes that this node is the leader. */
    public void received(long from, Frame.ForwardRequest frame) {
        CompletableFuture<ApplyResult> future = proposed(frame);
        future.whenComplete((result, why) -> {
            Forwarding reply = result != null
                    ? new Forwarding.Applied(result)
                    : switch (why) {
                        case ServiceException.Invalid invalid -> new Forwarding.Refused(null, invalid.getMessage());
                        case ServiceException.Rejected rejected ->
                            new Forwarding.Refused(rejected.reason(), rejected.getMessage());
                        case ServiceException.Overloaded overloaded -> new Forwarding.Overloaded();
                        case ServiceException.NoSpace noSpace -> new Forwarding.NoSpace();
                        case ServiceException.Unavailable unavailable -> new Forwarding.NotLeader();
                        default -> new Forwarding.Unknown();
                    };
            reply(from, frame.id(), reply, why == null);
        });
        if (future.isDone()) {
            // The write may have been applied, and the responses flushed, before this one was added to them.
            peers.flush();
        }
    }

    /** No request enters the log that the members could not read or apply. */
    private CompletableFuture<ApplyResult> proposed(Frame.ForwardRequest frame) {
        Request request = RequestCodec.decode(frame.payload()).request();
        try {
            acceptance.check(request);
            Acceptance.checkSize(frame.payload().length);
        } catch (ServiceException e) {
            return CompletableFuture.failedFuture(e);
        }
        return start(frame.payload(), request.token() != null, timeout(frame), false)
                .future();
    }

    /** @param soon whether it is applied with others, whose responses and the flush follow */
    private void reply(long to, long id, Forwarding reply, boolean soon) {
        Frame.ForwardResponse response = new Frame.ForwardResponse(id, reply.status(), reply.payload());
        boolean taken = soon ? peers.sendSoon(to, response) : peers.send(to, response);
        if (!taken) {
            // So many wait there already that the outcome stays unknown; the caller learns this at once.
            peers.send(to, new Frame.ForwardResponse(id, new Forwarding.Unknown().status(), Forwarding.NOTHING));
        }
    }

    private static Duration timeout(Frame.ForwardRequest frame) {
        return Duration.ofMillis(Math.clamp(frame.timeoutMillis(), 1, MAX_FORWARDED_MILLIS));
    }

    /** The leader's response to a write that this node forwarded. */
    public void received(Frame.ForwardResponse frame) {
        Forwarded was = forwarded.remove(frame.id());
        if (was == null) {
            return;
        }
        WriteOperation operation = was.operation();
        switch (Forwarding.of(frame.status(), frame.payload())) {
            case Forwarding.Applied applied -> operation.answered(applied.result());
            case Forwarding.Refused refusal -> operation.failed(refusal.asServiceException());
            case Forwarding.Overloaded overloaded -> {
                operation.returned();
                operation.endWithoutResult(overloaded("the leader"));
            }
            case Forwarding.NoSpace full -> {
                operation.returned();
                operation.endWithoutResult(noSpace());
            }
            case Forwarding.NotLeader notLeader -> {
                operation.returned();
                routeAgain(operation);
            }
            case Forwarding.Unknown unknown -> lost(operation);
        }
    }

    /** Forwarded writes without a response are lost together with the connection to this member. */
    public void unreachable(long member) {
        List<Map.Entry<Long, Forwarded>> gone = new ArrayList<>();
        for (Map.Entry<Long, Forwarded> each : forwarded.entrySet()) {
            if (each.getValue().leader() == member) {
                gone.add(each);
            }
        }
        for (Map.Entry<Long, Forwarded> each : gone) {
            if (forwarded.remove(each.getKey(), each.getValue())) {
                lost(each.getValue().operation());
            }
        }
    }

    /** Called when a leader may be known. */
    public void leaderChanged() {
        for (WriteOperation operation : List.copyOf(leaderless)) {
            if (leaderless.remove(operation)) {
                route(operation, true);
            }
        }
    }

    /** @return number of writes that wait for a leader */
    public int leaderless() {
        return leaderless.size();
    }

    public int inFlight() {
        return inFlight.get();
    }

    /** @return number of writes refused because of overload */
    public long refused() {
        return refused.get();
    }

    private WriteOperation start(byte[] data, boolean hasToken, Duration timeout, boolean mayForward) {
        int bytes = data.length;
        WriteOperation operation =
                new WriteOperation(data, hasToken, System.nanoTime() + timeout.toNanos(), () -> ended(bytes));
        boolean tooMany = inFlight.incrementAndGet() > limits.maxCount();
        limits.bytes().add(bytes);
        if (limits.bytes().used() > limits.bytes().limit() || tooMany) {
            operation.endWithoutResult(overloaded("this node"));
            return operation;
        }
        operation.timeout(timer.newTimeout(
                ignored -> operation.endWithoutResult(
                        new ServiceException.Unavailable("no leader accepted the write in time")),
                timeout.toMillis(),
                TimeUnit.MILLISECONDS));
        route(operation, mayForward);
        return operation;
    }

    private void ended(int bytes) {
        inFlight.decrementAndGet();
        limits.bytes().give(bytes);
    }

    private ServiceException.Overloaded overloaded(String where) {
        refused.incrementAndGet();
        return new ServiceException.Overloaded(
                "too many writes wait on " + where + "; nothing was done. Try again later", OVERLOADED_RETRY_MILLIS);
    }

    private void route(WriteOperation operation, boolean mayForward) {
        ConsensusView view = raft.view();
        if (view.leads() && noSpace.getAsBoolean() && addsData(operation.data())) {
            operation.endWithoutResult(noSpace());
        } else if (view.leads()) {
            if (!operation.sent()) {
                return;
            }
            if (!raft.propose(new Proposal(operation, mayForward))) {
                operation.returned();
                operation.endWithoutResult(overloaded("the leader"));
            }
        } else if (!mayForward) {
            operation.endWithoutResult(new ServiceException.Unavailable("this node does not lead"));
        } else if (view.leader() == Member.NONE) {
            leaderless.add(operation);
            operation.future().whenComplete((result, why) -> leaderless.remove(operation));
            if (raft.view().leader() != Member.NONE) {
                leaderChanged();
            }
        } else {
            forward(operation, view.leader());
        }
    }

    private static ServiceException.NoSpace noSpace() {
        return new ServiceException.NoSpace("too few voters for a majority have space on their disks: nothing was done."
                + " Delete keys, compact the history or add space; writes then continue by themselves");
    }

    private static boolean addsData(byte[] data) {
        Request request = RequestCodec.decode(data).request();
        return request.ops().anyMatch(op -> op instanceof Op.Put || op instanceof Op.Grant);
    }

    private void forward(WriteOperation operation, long leader) {
        if (!operation.sent()) {
            return;
        }
        long id = nextForwardId.incrementAndGet();
        Forwarded entry = new Forwarded(leader, operation);
        forwarded.put(id, entry);
        operation.future().whenComplete((result, why) -> forwarded.remove(id));
        long leftMillis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(operation.leftNanos()));
        if (peers.sendSoon(leader, new Frame.ForwardRequest(id, leftMillis, operation.data()))) {
            EventLoopBatch.atEnd(peers::flush);
        } else if (forwarded.remove(id, entry)) {
            operation.returned();
            routeAgain(operation);
        }
    }

    private void routeAgain(WriteOperation operation) {
        if (!operation.isEnded()) {
            timer.newTimeout(ignored -> route(operation, true), REROUTE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void lost(WriteOperation operation) {
        if (operation.lost()) {
            routeAgain(operation);
        } else {
            operation.endWithoutResult(null);
        }
    }

    /** A write that this node's own consensus has. */
    private final class Proposal implements PendingWrite {
        private final WriteOperation operation;
        private final boolean mayForward;
        private final byte[] data;

        Proposal(WriteOperation operation, boolean mayForward) {
            this.operation = operation;
            this.data = operation.dataToPropose();
            this.mayForward = mayForward;
        }

        @Override
        public byte[] data() {
            return data;
        }

        @Override
        public void applied(ApplyResult result) {
            operation.answered(result);
        }

        @Override
        public void refused(ServiceException why) {
            operation.failed(why);
        }

        @Override
        public void notDone(NotDone why) {
            operation.returned();
            switch (why) {
                case OVERLOADED -> operation.endWithoutResult(overloaded("the leader"));
                case NOT_LEADER -> {
                    if (mayForward) {
                        routeAgain(operation);
                    } else {
                        operation.endWithoutResult(new ServiceException.Unavailable("this node does not lead"));
                    }
                }
            }
        }

        @Override
        public void uncertain() {
            // With a token it may be sent to the next leader at once. Otherwise its outcome is awaited until the
            // deadline.
            if (!operation.lost()) {
                return;
            }
            if (mayForward) {
                routeAgain(operation);
            } else {
                operation.endWithoutResult(null);
            }
        }
    }
}
