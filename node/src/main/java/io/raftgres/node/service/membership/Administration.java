package io.raftgres.node.service.membership;

import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.consensus.RaftThread;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.peer.PeerTransport;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.node.service.health.ClusterView.Leader;
import io.raftgres.node.service.health.ClusterView.MemberView;
import io.raftgres.node.service.health.StatusBroadcast;
import io.raftgres.node.service.membership.AdminCommand.Outcome;
import io.raftgres.node.service.membership.AdminCommand.Reply;
import io.raftgres.raft.Member;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongPredicate;

/** Sends changes of the cluster to the leader, here or on another node, and returns the responses. */
public final class Administration implements ClusterAdmin {

    /** The longest timeout that a forwarded change may have. */
    private static final long MAX_FORWARDED_MILLIS = 120_000;

    private static final String STATELESS =
            "users are checked, and the member that forwarded the request has no state to check its caller: send the"
                    + " request to another member";

    /** Time after which it looks for the leader again. */
    private static final long RETRY_MILLIS = 20;

    private record Forwarded(long leader, CompletableFuture<Reply> reply) {}

    private final RaftThread raft;
    private final PeerTransport peers;
    private final StatusBroadcast status;
    private final MembershipChanges changes;
    private final LongPredicate keeps;
    private final BooleanSupplier usersChecked;
    private final AtomicLong nextId = new AtomicLong();
    private final Map<Long, Forwarded> forwarded = new ConcurrentHashMap<>();

    /**
     * @param keeps decides whether this member keeps its state, if it has reached an index, for another member that
     *     discards its own
     * @param usersChecked whether this member's state says that users are checked
     */
    public Administration(
            RaftThread raft,
            PeerTransport peers,
            StatusBroadcast status,
            MembershipChanges changes,
            LongPredicate keeps,
            BooleanSupplier usersChecked) {
        this.usersChecked = usersChecked;
        this.keeps = keeps;
        this.raft = raft;
        this.peers = peers;
        this.status = status;
        this.changes = changes;
    }

    @Override
    public Added add(NewMember member, Duration timeout) {
        Reply reply = call(
                new AdminCommand.Add(
                        member.name(), member.peerAddress(), member.clientAddress(), member.replace(), member.reads()),
                timeout);
        ClusterView view = status.view();
        return new Added(view.clusterId(), reply.member(), view.members(), reply.outcome() == Outcome.CREATED);
    }

    @Override
    public MemberView promote(String member, Duration timeout) {
        return call(new AdminCommand.Promote(member), timeout).member();
    }

    @Override
    public MemberView update(String member, String peerAddress, String clientAddress, Duration timeout) {
        return call(new AdminCommand.Update(member, peerAddress, clientAddress), timeout)
                .member();
    }

    @Override
    public MemberView remove(String member, Duration timeout) {
        return call(new AdminCommand.Remove(member), timeout).member();
    }

    @Override
    public Leader transferLeadership(String target, Duration timeout) {
        MemberView leader = call(new AdminCommand.Transfer(target), timeout).member();
        return new Leader(leader.id(), leader.name());
    }

    /** @return done, or created */
    private Reply call(AdminCommand command, Duration timeout) {
        command.check();
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            ConsensusView view = raft.view();
            long left = deadline - System.nanoTime();
            Reply reply = null;
            if (view.leads()) {
                reply = changes.execute(command, deadline);
            } else if (view.leader() != Member.NONE && left > 0) {
                reply = forward(view.leader(), command, left);
            }
            if (reply != null && reply.outcome() != Outcome.NOT_LEADER) {
                return checked(reply);
            }
            if (deadline - System.nanoTime() <= 0) {
                throw new ServiceException.Unavailable("no leader accepted the change in time; nothing was changed");
            }
            pause();
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServiceException.Unavailable("the node is stopping");
        }
    }

    private static Reply checked(Reply reply) {
        return switch (reply.outcome()) {
            case DONE, CREATED -> reply;
            case INVALID -> throw new ServiceException.Invalid(reply.detail());
            case NOT_FOUND -> throw new ServiceException.NoSuchMember(reply.detail());
            case REFUSED -> throw new ServiceException.Refused(reply.detail());
            case UNKNOWN -> throw new ServiceException.OutcomeUnknown(reply.detail());
            case NOT_LEADER -> throw new IllegalStateException("this reply should have been retried");
        };
    }

    private Reply forward(long leader, AdminCommand command, long leftNanos) {
        long id = nextId.incrementAndGet();
        CompletableFuture<Reply> reply = new CompletableFuture<>();
        forwarded.put(id, new Forwarded(leader, reply));
        try {
            long leftMillis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(leftNanos));
            if (!peers.send(leader, new Frame.AdminRequest(id, leftMillis, command.encode()))) {
                return null;
            }
            return reply.get(leftNanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return unheard();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServiceException.OutcomeUnknown("the node is stopping");
        } finally {
            forwarded.remove(id);
        }
    }

    /**
     * Asks a member to keep its state, which must have reached {@code index}. Blocks.
     *
     * @return whether it has agreed; false when it did not answer in time
     */
    public boolean askToKeep(long member, long index, Duration timeout) {
        Reply reply = forward(member, new AdminCommand.Keep(index), timeout.toNanos());
        return reply != null && reply.outcome() == Outcome.DONE;
    }

    private static Reply unheard() {
        return Reply.not(
                Outcome.UNKNOWN,
                "the leader received the request, but its response did not arrive: the change may be done; check the"
                        + " members before you repeat the request");
    }

    /** Another node sends a request, because it believes that this node is the leader. */
    public void received(long from, Frame.AdminRequest request) {
        AdminCommand command = AdminCommand.decode(request.payload());
        if (command instanceof AdminCommand.Keep keep) {
            answer(
                    from,
                    request.id(),
                    keeps.test(keep.index())
                            ? Reply.done(null)
                            : Reply.not(
                                    Outcome.REFUSED,
                                    "this member discards its own state, or its state has not reached the index"));
            return;
        }
        if (usersChecked.getAsBoolean() && !hasState(from)) {
            answer(from, request.id(), Reply.not(Outcome.REFUSED, STATELESS));
            return;
        }
        long timeoutMillis = Math.clamp(request.timeoutMillis(), 1, MAX_FORWARDED_MILLIS);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        if (!changes.enter()) {
            answer(from, request.id(), Reply.not(Outcome.REFUSED, MembershipChanges.BUSY));
            return;
        }
        Thread.ofVirtual().name("admin").start(() -> {
            try {
                answer(from, request.id(), changes.execute(command, deadline));
            } finally {
                changes.leave();
            }
        });
    }

    private boolean hasState(long member) {
        return status.report(member)
                .filter(report -> report.state().equals(StatusBroadcast.SERVING))
                .isPresent();
    }

    private void answer(long to, long id, Reply reply) {
        peers.send(to, new Frame.AdminResponse(id, AdminCommand.encode(reply)));
    }

    public void received(Frame.AdminResponse response) {
        Forwarded waiting = forwarded.get(response.id());
        if (waiting != null) {
            waiting.reply().complete(AdminCommand.decodeReply(response.payload()));
        }
    }

    /** Requests that were sent to this member get no response any more. */
    public void unreachable(long member) {
        for (Forwarded each : forwarded.values()) {
            if (each.leader() == member) {
                each.reply().complete(unheard());
            }
        }
    }
}
