package io.raftgres.node.service.lease;

import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.consensus.PendingRead;
import io.raftgres.node.consensus.RaftThread;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.peer.PeerTransport;
import io.raftgres.raft.Member;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks the leader, here or on another node, for the time of a lease. The leader answers only after a majority has
 * confirmed its leadership, so the next leader restarts the full TTL of a lease that it renewed.
 */
final class LeaseTimes {

    private static final long RETRY_MILLIS = 20;
    private static final long OVERLOADED_RETRY_MILLIS = 1_000;

    /** The longest timeout that a forwarded question may have. */
    private static final long MAX_FORWARDED_MILLIS = 60_000;

    private record Forwarded(long leader, Question question) {}

    private final RaftThread raft;
    private final PeerTransport peers;
    private final HashedWheelTimer timer;
    private final Lessor lessor;
    private final int maxInFlight;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicLong nextId = new AtomicLong();
    private final Map<Long, Forwarded> forwarded = new ConcurrentHashMap<>();

    LeaseTimes(RaftThread raft, PeerTransport peers, HashedWheelTimer timer, Lessor lessor, int maxInFlight) {
        this.raft = raft;
        this.peers = peers;
        this.timer = timer;
        this.lessor = lessor;
        this.maxInFlight = maxInFlight;
    }

    /** @return running or absent; fails with Unavailable when no leader answered in time, or with Overloaded */
    CompletableFuture<LeaseResult> ask(long lease, boolean renew, Duration timeout) {
        Question question = new Question(lease, renew, System.nanoTime() + timeout.toNanos(), true);
        start(question);
        return question.result;
    }

    private void start(Question question) {
        if (inFlight.incrementAndGet() > maxInFlight) {
            question.result.completeExceptionally(new ServiceException.Overloaded(
                    "too many questions about leases wait on this node; try again later", OVERLOADED_RETRY_MILLIS));
        }
        Timeout deadline = timer.newTimeout(
                ignored -> question.failed(),
                Math.max(0, question.deadlineNanos - System.nanoTime()),
                TimeUnit.NANOSECONDS);
        question.result.whenComplete((result, why) -> {
            inFlight.decrementAndGet();
            deadline.cancel();
        });
        route(question);
    }

    /** Another node asks this one, because it believes that this node is the leader. */
    void received(long from, Frame.LeaseRequest request) {
        long millis = Math.clamp(request.timeoutMillis(), 1, MAX_FORWARDED_MILLIS);
        Question question = new Question(
                request.lease(), request.renew(), System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis), false);
        question.result.whenComplete((result, why) ->
                peers.send(from, (why == null ? result : new LeaseResult.AskAgain()).frame(request.id())));
        start(question);
    }

    void received(Frame.LeaseResponse response) {
        LeaseResult result = LeaseResult.of(response);
        Forwarded was = forwarded.remove(response.id());
        if (was == null) {
            return;
        }
        if (result instanceof LeaseResult.AskAgain) {
            later(was.question());
        } else {
            was.question().result.complete(result);
        }
    }

    /** Questions that were sent to this member get no response any more. */
    void unreachable(long member) {
        for (Map.Entry<Long, Forwarded> each : List.copyOf(forwarded.entrySet())) {
            if (each.getValue().leader() == member && forwarded.remove(each.getKey(), each.getValue())) {
                later(each.getValue().question());
            }
        }
    }

    private void route(Question question) {
        if (question.result.isDone()) {
            return;
        }
        ConsensusView view = raft.view();
        if (view.leads()) {
            if (!raft.read(question)) {
                later(question);
            }
        } else if (!question.mayForward) {
            question.result.complete(new LeaseResult.AskAgain());
        } else if (view.leader() == Member.NONE) {
            later(question);
        } else {
            forward(question, view.leader());
        }
    }

    private void forward(Question question, long leader) {
        long id = nextId.incrementAndGet();
        Forwarded entry = new Forwarded(leader, question);
        forwarded.put(id, entry);
        question.result.whenComplete((result, why) -> forwarded.remove(id));
        long leftMillis = TimeUnit.NANOSECONDS.toMillis(question.deadlineNanos - System.nanoTime());
        Frame.LeaseRequest frame = new Frame.LeaseRequest(id, Math.max(1, leftMillis), question.lease, question.renew);
        if (!peers.send(leader, frame) && forwarded.remove(id, entry)) {
            later(question);
        }
    }

    /** Asks again soon, until the deadline. */
    private void later(Question question) {
        if (question.deadlineNanos - System.nanoTime() <= 0) {
            question.failed();
        } else {
            timer.newTimeout(ignored -> route(question), RETRY_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** One question. Like a read, it waits until the leader is confirmed and has applied every acknowledged entry. */
    private final class Question implements PendingRead {
        private final long lease;
        private final boolean renew;
        private final long deadlineNanos;
        private final boolean mayForward;
        private final CompletableFuture<LeaseResult> result = new CompletableFuture<>();

        Question(long lease, boolean renew, long deadlineNanos, boolean mayForward) {
            this.lease = lease;
            this.renew = renew;
            this.deadlineNanos = deadlineNanos;
            this.mayForward = mayForward;
        }

        @Override
        public void ready() {
            switch (lessor.time(lease, renew)) {
                case Lessor.Time.Running running ->
                    result.complete(new LeaseResult.Running(running.ttlSeconds(), running.leftMillis()));
                case Lessor.Time.Absent absent -> result.complete(new LeaseResult.Absent());
                case Lessor.Time.Ending ending -> ending.decided().thenRun(() -> later(this));
                case Lessor.Time.NotLeading notLeading -> later(this);
            }
        }

        @Override
        public void failed() {
            result.completeExceptionally(
                    new ServiceException.Unavailable("no leader answered about the lease in time"));
        }

        @Override
        public void unavailable(String why) {
            result.completeExceptionally(new ServiceException.Unavailable(why));
        }

        @Override
        public long deadlineNanos() {
            return deadlineNanos;
        }
    }
}
