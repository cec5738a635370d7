package io.raftgres.node.service.membership;

import io.raftgres.node.consensus.ChangeOutcome;
import io.raftgres.node.consensus.RaftThread;
import io.raftgres.node.kv.Limits;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.health.ClusterView.MemberView;
import io.raftgres.node.service.health.StatusBroadcast;
import io.raftgres.node.service.membership.AdminCommand.Outcome;
import io.raftgres.node.service.membership.AdminCommand.Reply;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.MembershipChange;
import io.raftgres.raft.Output;
import io.raftgres.raft.Output.Refusal;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Carries out changes of the cluster on the leader: one at a time, each committed before the next begins. The core
 * decides which changes are safe. This class checks what the core cannot see, such as connections.
 */
public final class MembershipChanges {

    static final String BUSY = "too many changes of the cluster wait already; nothing was done. Try again later";

    private static final int MAX_WAITING = 64;
    private static final long POLL_MILLIS = 2;

    private final RaftThread raft;
    private final StatusBroadcast status;
    private final long self;
    private final long transferMillis;
    private final IntSupplier neededVersion;
    private final SecureRandom random = new SecureRandom();
    private final ReentrantLock oneAtATime = new ReentrantLock();
    private final Semaphore room = new Semaphore(MAX_WAITING);

    /**
     * @param electionMillis the election timeout: a transfer that takes several of these has failed
     * @param neededVersion the cluster's version, which a joining node must be able to read
     */
    public MembershipChanges(
            RaftThread raft, StatusBroadcast status, long self, long electionMillis, IntSupplier neededVersion) {
        this.neededVersion = neededVersion;
        this.raft = raft;
        this.status = status;
        this.self = self;
        this.transferMillis = 4 * electionMillis;
    }

    /** @return false: too many changes wait */
    boolean enter() {
        return room.tryAcquire();
    }

    void leave() {
        room.release();
    }

    /** @param deadlineNanos by System.nanoTime */
    Reply execute(AdminCommand command, long deadlineNanos) {
        try {
            if (!oneAtATime.tryLock(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return Reply.not(
                        Outcome.REFUSED,
                        "another change of the cluster is in progress and did not end in time; nothing was done. Try"
                                + " again later");
            }
            try {
                return run(command, deadlineNanos);
            } finally {
                oneAtATime.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Reply.not(Outcome.UNKNOWN, "the leader is stopping: the change may be done");
        }
    }

    /** Runs an action if no change is in progress; otherwise it does nothing. */
    void between(Runnable work) {
        if (oneAtATime.tryLock()) {
            try {
                work.run();
            } finally {
                oneAtATime.unlock();
            }
        }
    }

    private Reply run(AdminCommand command, long deadline) throws InterruptedException {
        if (!raft.view().leads()) {
            return Reply.not(Outcome.NOT_LEADER, "");
        }
        try {
            // Another member may have forwarded the request without a check.
            command.check();
        } catch (ServiceException.Invalid e) {
            return Reply.not(Outcome.INVALID, e.getMessage());
        } catch (ServiceException.NoSuchMember e) {
            return Reply.not(Outcome.NOT_FOUND, e.getMessage());
        }
        return switch (command) {
            case AdminCommand.Add add -> add(add, deadline);
            case AdminCommand.Promote promote -> promote(promote, deadline);
            case AdminCommand.Update update -> update(update, deadline);
            case AdminCommand.Remove remove -> remove(remove, deadline);
            case AdminCommand.Transfer transfer -> transfer(transfer, deadline);
            case AdminCommand.Keep keep -> throw new IllegalStateException("no change of the cluster");
        };
    }

    private Reply add(AdminCommand.Add add, long deadline) throws InterruptedException {
        Member added = new Member(newId(), add.name(), false, add.peerAddress(), add.clientAddress());
        int needed = neededVersion.getAsInt();
        if (add.reads() != null && add.reads() < needed) {
            return Reply.not(
                    Outcome.REFUSED,
                    "node " + add.name() + " can read a cluster of version " + add.reads() + ", but this cluster may"
                            + " be of version " + needed + ": start the node with a newer release");
        }
        Optional<Member> announced = find(member ->
                UnstartedMember.is(member.name()) && member.peerAddress().equals(add.peerAddress()));
        if (announced.isPresent()
                && hasNeverTakenPart(announced.get())
                && !announced.get().name().equals(add.name())) {
            return arrived(announced.get(), added, deadline);
        }
        Optional<Member> namesake =
                find(member -> member.name().equals(add.name())).or(() -> announced);
        if (namesake.isPresent()) {
            Member old = namesake.get();
            if (hasNeverTakenPart(old)
                    && old.peerAddress().equals(add.peerAddress())
                    && old.clientAddress().equals(add.clientAddress())) {
                return Reply.done(viewOf(old));
            }
            Reply refusal = mayReplace(old, add);
            if (refusal != null) {
                return refusal;
            }
            Reply removed = change(new MembershipChange.Remove(old.id()), viewOf(old), deadline);
            if (removed.outcome() != Outcome.DONE) {
                return removed;
            }
        }
        Optional<Member> neighbour = find(member -> member.peerAddress().equals(add.peerAddress()));
        if (neighbour.isPresent()) {
            return Reply.not(
                    Outcome.REFUSED,
                    "member " + neighbour.get().name() + " has the peer address " + add.peerAddress()
                            + " already: give each member its own");
        }
        Reply full = requireRoom();
        if (full != null) {
            return full;
        }
        Reply reply = change(new MembershipChange.AddLearner(added), null, deadline);
        return reply.outcome() == Outcome.DONE ? new Reply(Outcome.CREATED, "", viewOf(added)) : reply;
    }

    /** @return null when another learner may be added */
    private Reply requireRoom() {
        Membership now = raft.view().membership();
        long learners = now.members().stream().filter(member -> !member.voter()).count();
        if (learners >= Limits.MAX_LEARNERS) {
            return Reply.not(
                    Outcome.REFUSED,
                    "the cluster has " + learners + " learners, the maximal number: remove the learners that are not"
                            + " needed");
        }
        if (now.members().size() + now.removed().size() >= Limits.MAX_IDENTITIES) {
            return Reply.not(
                    Outcome.REFUSED,
                    Limits.MAX_IDENTITIES + " members have belonged to this cluster, the maximal number: save a"
                            + " snapshot and restore a new cluster from it");
        }
        return null;
    }

    /** A member that was added by its peer address alone starts, with the id that it got then. */
    private Reply arrived(Member announced, Member comes, long deadline) throws InterruptedException {
        String name = UnstartedMember.staysLearner(announced.name()) ? announced.name() : comes.name();
        Optional<Member> namesake =
                find(member -> member.id() != announced.id() && member.name().equals(name));
        if (namesake.isPresent()) {
            return Reply.not(
                    Outcome.REFUSED,
                    "there is already a member " + name + ", at "
                            + namesake.get().peerAddress() + ": remove it" + " first, or give this one another name");
        }
        Member now = new Member(announced.id(), name, false, comes.peerAddress(), comes.clientAddress());
        return now.equals(announced) ? Reply.done(viewOf(announced)) : change(update(now), viewOf(now), deadline);
    }

    private static MembershipChange update(Member now) {
        return new MembershipChange.Update(now.id(), now.name(), now.peerAddress(), now.clientAddress());
    }

    private long newId() {
        long id = 0;
        while (id == 0 || raft.view().membership().contains(id)) {
            id = random.nextLong();
        }
        return id;
    }

    /** A learner that has not acknowledged any entry has promised nothing: it may join, also again. */
    private boolean hasNeverTakenPart(Member member) {
        return !member.voter()
                && raft.view().matches().getOrDefault(member.id(), 0L) == 0
                && !status.isConnected(member.id());
    }

    private Reply mayReplace(Member old, AdminCommand.Add add) {
        if (!add.replace()) {
            return Reply.not(
                    Outcome.REFUSED,
                    "there is already a member " + old.name() + ", at " + old.peerAddress() + ": remove it first, or"
                            + " request its replacement if its data is lost");
        }
        if (old.id() == self || status.isConnected(old.id())) {
            return Reply.not(
                    Outcome.REFUSED,
                    "member " + old.name() + " answers at " + old.peerAddress()
                            + ": only an unreachable member can be replaced. Check whether two nodes have the same"
                            + " name");
        }
        return null;
    }

    private Reply promote(AdminCommand.Promote promote, long deadline) throws InterruptedException {
        Optional<Member> member = named(promote.member());
        if (member.isEmpty()) {
            return notFound(promote.member());
        }
        if (member.get().voter()) {
            return Reply.done(viewOf(member.get()));
        }
        MemberView view = viewOf(member.get());
        if (!view.state().equals(StatusBroadcast.SERVING)) {
            return Reply.not(
                    Outcome.REFUSED,
                    "member " + view.name() + " is " + view.state() + ": wait until it serves, then promote it");
        }
        Reply promoted = change(
                new MembershipChange.Promote(member.get().id()),
                viewOf(member.get().asVoter()),
                deadline);
        if (promoted.outcome() == Outcome.DONE && UnstartedMember.is(view.name())) {
            takeOwnName(member.get().asVoter(), view.ownName(), deadline);
        }
        return promoted;
    }

    /** The name is only for people: the member is promoted even if it gets no name. */
    private void takeOwnName(Member member, String name, long deadline) throws InterruptedException {
        if (!name.isEmpty() && find(other -> other.name().equals(name)).isEmpty()) {
            Member now = new Member(member.id(), name, true, member.peerAddress(), member.clientAddress());
            change(update(now), viewOf(now), deadline);
        }
    }

    private Reply update(AdminCommand.Update update, long deadline) throws InterruptedException {
        Optional<Member> found = named(update.member());
        if (found.isEmpty()) {
            return notFound(update.member());
        }
        Member old = found.get();
        String peer = update.peerAddress() == null ? old.peerAddress() : update.peerAddress();
        String client = update.clientAddress() == null ? old.clientAddress() : update.clientAddress();
        Optional<Member> neighbour =
                find(member -> member.id() != old.id() && member.peerAddress().equals(peer));
        if (neighbour.isPresent()) {
            return Reply.not(
                    Outcome.REFUSED,
                    "member " + neighbour.get().name() + " has the peer address " + peer
                            + " already: give each member its own");
        }
        if (peer.equals(old.peerAddress()) && client.equals(old.clientAddress())) {
            return Reply.done(viewOf(old));
        }
        Member now = new Member(old.id(), old.name(), old.voter(), peer, client);
        return change(update(now), viewOf(now), deadline);
    }

    private Reply remove(AdminCommand.Remove remove, long deadline) throws InterruptedException {
        Optional<Member> member = named(remove.member());
        if (member.isEmpty()) {
            return notFound(remove.member());
        }
        if (member.get().id() == self && raft.view().membership().voters().size() > 1) {
            Reply transferred = transferToAnother(deadline);
            // The next leader removes this member.
            return transferred.outcome() == Outcome.DONE ? Reply.not(Outcome.NOT_LEADER, "") : transferred;
        }
        return change(new MembershipChange.Remove(member.get().id()), viewOf(member.get()), deadline);
    }

    // Transfer of leadership

    /** On a busy machine the first candidate may be too slow to take over. Then the leader tries another one. */
    private Reply transferToAnother(long deadline) throws InterruptedException {
        while (true) {
            Reply reply = transfer(new AdminCommand.Transfer(null), deadline);
            if (reply.outcome() != Outcome.REFUSED
                    || !raft.view().leads()
                    || !anotherServes()
                    || deadline - System.nanoTime() <= 0) {
                return reply;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    private boolean anotherServes() {
        return raft.view().membership().members().stream()
                .anyMatch(member -> member.voter()
                        && member.id() != self
                        && status.isConnected(member.id())
                        && viewOf(member).state().equals(StatusBroadcast.SERVING));
    }

    private Reply transfer(AdminCommand.Transfer transfer, long deadline) throws InterruptedException {
        if (transfer.target() == null) {
            return transfer(Member.NONE, "the best candidate", deadline);
        }
        Optional<Member> target = named(transfer.target());
        if (target.isEmpty()) {
            return notFound(transfer.target());
        }
        if (target.get().id() == self) {
            return Reply.done(viewOf(target.get()));
        }
        String label = "member " + target.get().name();
        return status.isConnected(target.get().id())
                ? transfer(target.get().id(), label, deadline)
                : Reply.not(Outcome.REFUSED, label + " does not answer");
    }

    /** @param target {@link Member#NONE}: the core chooses the best voter */
    private Reply transfer(long target, String label, long deadline) throws InterruptedException {
        Output.Proposed proposed = ask(
                () -> raft.transferLeadership(target),
                response -> response instanceof Output.Proposed.Refused refused ? refused.reason() : null,
                deadline);
        return switch (proposed) {
            case null -> Reply.not(Outcome.UNKNOWN, "the leader's own core did not respond in time");
            case Output.Proposed.Refused refused -> refused(refused.reason(), refused.detail());
            case Output.Proposed.Accepted accepted -> awaitTransfer(label, deadline);
        };
    }

    private Reply awaitTransfer(String target, long deadline) throws InterruptedException {
        long until = Math.min(deadline, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(transferMillis));
        while (System.nanoTime() < until) {
            long leader = raft.view().leader();
            if (leader != self && leader != Member.NONE) {
                return raft.view()
                        .membership()
                        .member(leader)
                        .map(this::viewOf)
                        .map(Reply::done)
                        .orElseGet(() -> Reply.not(
                                Outcome.UNKNOWN, "the new leader is a member that was removed" + " meanwhile"));
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        return Reply.not(
                Outcome.REFUSED,
                target + " did not take over within " + transferMillis + " ms; this node remains the" + " leader");
    }

    // Asking the core

    private Reply change(MembershipChange change, MemberView done, long deadline) throws InterruptedException {
        ChangeOutcome outcome = ask(
                () -> raft.change(change),
                response -> response instanceof ChangeOutcome.Refused refused ? refused.reason() : null,
                deadline);
        return switch (outcome) {
            case null ->
                Reply.not(
                        Outcome.UNKNOWN,
                        "the change was not committed in time, but may still be: check the members before you repeat"
                                + " the request");
            case ChangeOutcome.Committed committed -> Reply.done(done);
            case ChangeOutcome.Refused refused -> refused(refused.reason(), refused.detail());
            case ChangeOutcome.Uncertain uncertain ->
                Reply.not(
                        Outcome.UNKNOWN,
                        "this node lost leadership before the change was committed: check the members before you"
                                + " repeat the request");
        };
    }

    /**
     * Asks the core, and repeats the question while the core answers that it is too early.
     *
     * @param refusal the reason of a refusal; null when the result is not a refusal
     * @return the last result; null when none arrived in time
     */
    private static <T> T ask(Supplier<CompletableFuture<T>> question, Function<T, Refusal> refusal, long deadline)
            throws InterruptedException {
        while (true) {
            T response = get(question.get(), deadline);
            if (response == null || refusal.apply(response) != Refusal.TOO_EARLY || deadline - System.nanoTime() <= 0) {
                return response;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    private Reply refused(Refusal reason, String detail) {
        return switch (reason) {
            case NOT_LEADER, TRANSFERRING -> Reply.not(Outcome.NOT_LEADER, detail);
            case OVERLOADED, TOO_EARLY, UNSAFE -> Reply.not(Outcome.REFUSED, status.named(detail));
        };
    }

    /** @return null when no result arrived in time */
    private static <T> T get(CompletableFuture<T> future, long deadline) throws InterruptedException {
        try {
            return future.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return null;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    // Members by name and id

    private interface Test {
        boolean holds(Member member);
    }

    private Optional<Member> find(Test test) {
        return raft.view().membership().members().stream().filter(test::holds).findFirst();
    }

    /** @param who a name, or an id in 16 hexadecimal digits */
    private Optional<Member> named(String who) {
        Optional<Member> byName = find(member -> member.name().equals(who));
        return byName.isPresent()
                ? byName
                : find(member -> HexFormat.of().toHexDigits(member.id()).equals(who));
    }

    private static Reply notFound(String who) {
        return Reply.not(Outcome.NOT_FOUND, "there is no member '" + who + "'");
    }

    private MemberView viewOf(Member member) {
        return status.viewOf(member);
    }
}
