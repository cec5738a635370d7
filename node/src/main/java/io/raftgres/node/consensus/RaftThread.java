package io.raftgres.node.consensus;

import io.raftgres.node.consensus.PendingWrite.NotDone;
import io.raftgres.node.kv.RequestCodec;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Input;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.MembershipChange;
import io.raftgres.raft.Message;
import io.raftgres.raft.Output;
import io.raftgres.raft.RaftCore;
import io.raftgres.raft.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;

/**
 * The only thread that owns the {@link RaftCore}: it passes inputs to the core and carries out its outputs. It never
 * waits for a disk, a socket or SQL.
 */
public final class RaftThread implements AutoCloseable {

    /** Length of a tick of the core. */
    public static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /**
     * Upper bound of ticks that are caught up after a stall: messages that arrived meanwhile must be handled before an
     * election timeout.
     */
    private static final int MAX_TICKS_AT_ONCE = 2;

    private static final int MATCHES_TICKS = 10;

    /** Upper bound of inputs handled before the thread checks the time and the proposals again. */
    private static final int MAX_INPUTS_AT_ONCE = 512;

    /** Receives the outputs of the raft thread. All methods return at once. */
    public interface OutputHandler {
        void send(Message.Envelope envelope);

        void append(Output.Append append);

        void load(Output.Load load);

        /** Entries to apply, in order. */
        void committed(List<Entry> entries);

        /** These writes are the entries from {@code firstIndex} on, if each entry has this term when it is applied. */
        void proposed(long firstIndex, long term, List<PendingWrite> writes);

        /** Answers the reads once all entries up to {@code index} are applied. */
        void readable(long index, List<PendingRead> reads);

        /** Leadership is lost: marks the proposed writes that are not applied as uncertain. */
        void leadershipLost();

        void roleChanged(Output.RoleChange change);

        /**
         * @param latest in force, committed or not
         * @param committed in force at the commit index
         */
        void membershipChanged(Membership latest, Membership committed);

        /** The leader's log begins above the end of this member's: it needs state at or above {@code minIndex}. */
        void snapshotWanted(long minIndex);

        /** A member lost entries that it had acknowledged to this leader. */
        default void lostEntries(Output.LostEntries lost) {}

        /** @return the log's time at the applied index, in milliseconds */
        long appliedMillis();

        /** The core or an output failed: consensus has stopped permanently. */
        void failed(Throwable cause);
    }

    private final RaftCore core;
    private final OutputHandler handler;
    private final Mailbox mailbox;
    private final Thread thread;
    private final Map<Long, List<PendingRead>> readBatches = new HashMap<>();
    private final List<PendingRead> readsToRetry = new ArrayList<>();
    /** Membership changes that are appended and not yet committed, in the order of the log. */
    private final List<Change> changes = new ArrayList<>();

    private long nextReadId = 1;
    private final ProposalBatching batching = new ProposalBatching();
    private final LogClock clock = new LogClock();
    private Membership membership;
    private Membership committedMembership;
    private Map<Long, Long> matches = Map.of();
    private int ticksSinceMatches;
    private volatile ConsensusView view;
    private volatile boolean stopped;

    private record Change(long index, long term, CompletableFuture<ChangeOutcome> future) {}

    /** @param maxWaiting upper bound of waiting writes, and of waiting reads */
    public RaftThread(String name, RaftCore core, OutputHandler handler, int maxWaiting) {
        this.core = core;
        this.handler = handler;
        this.mailbox = new Mailbox(maxWaiting);
        this.membership = core.membership();
        this.committedMembership = core.committedMembership();
        this.view = currentView();
        this.thread = Thread.ofPlatform().name("raft-" + name).unstarted(this::run);
        mailbox.ownedBy(thread);
    }

    public void start() {
        thread.start();
    }

    public ConsensusView view() {
        return view;
    }

    public boolean isAlive() {
        return thread.isAlive() && !stopped;
    }

    /** @return false: too many wait */
    public boolean propose(PendingWrite write) {
        return mailbox.offer(write);
    }

    /** @return false: too many wait */
    public boolean read(PendingRead read) {
        return mailbox.offer(read);
    }

    /**
     * @param isMember called when little room is left: messages of nodes that are not members are dropped first
     * @return false: the message was dropped, as a network may drop it
     */
    public boolean received(long from, Message message, LongPredicate isMember) {
        return mailbox.receive(new Input.Receive(from, message), isMember);
    }

    public void unreachable(long member) {
        mailbox.offer(new Input.PeerUnreachable(member));
    }

    /** Another member vouches for this one's log: see {@link Input.Vouched}. */
    public void vouched(long member, boolean blank) {
        mailbox.offer(new Input.Vouched(member, blank));
    }

    public void durable(long sequence) {
        mailbox.durable(sequence);
    }

    public void applied(long index) {
        mailbox.applied(index);
    }

    public void loaded(Output.Load load, List<Entry> entries) {
        mailbox.offer(new Input.EntriesLoaded(load, entries));
    }

    public void trimmed(long firstIndex) {
        mailbox.offer(new Input.LogTrimmed(firstIndex));
    }

    /** Requests a membership change from this leader. */
    public CompletableFuture<ChangeOutcome> change(MembershipChange change) {
        CompletableFuture<ChangeOutcome> future = new CompletableFuture<>();
        mailbox.offer(new Mailbox.Command(new Input.ChangeMembership(change), proposed -> {
            switch (proposed) {
                case Output.Proposed.Accepted accepted ->
                    changes.add(new Change(accepted.firstIndex(), accepted.term(), future));
                case Output.Proposed.Refused refused ->
                    future.complete(new ChangeOutcome.Refused(refused.reason(), refused.detail()));
            }
        }));
        return future;
    }

    /** Requests a leadership transfer from this leader; once it has begun, {@link #view} shows whether it succeeded. */
    public CompletableFuture<Output.Proposed> transferLeadership(long target) {
        CompletableFuture<Output.Proposed> future = new CompletableFuture<>();
        mailbox.offer(new Mailbox.Command(new Input.TransferLeadership(target), future::complete));
        return future;
    }

    /** @param degraded whether this member should not lead */
    public void degraded(boolean degraded) {
        mailbox.offer(new Input.Degraded(degraded));
    }

    public int waitingWrites() {
        return mailbox.waitingWrites();
    }

    public int waitingReads() {
        return mailbox.waitingReads();
    }

    public int waitingInputs() {
        return mailbox.waitingInputs();
    }

    @Override
    public void close() {
        stopped = true;
        mailbox.wake();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        long nextTick = System.nanoTime() + TICK_NANOS;
        try {
            while (!stopped) {
                takeInputs();
                takeReports();
                takeCommands();
                takeWrites();
                takeReads();
                long now = System.nanoTime();
                for (int i = 0; i < MAX_TICKS_AT_ONCE && now - nextTick >= 0; i++) {
                    step(new Input.Tick());
                    retryReads(now);
                    refreshMatches();
                    nextTick += TICK_NANOS;
                }
                if (now - nextTick > TICK_NANOS) {
                    nextTick = now + TICK_NANOS;
                }
                publish();
                long before = System.nanoTime();
                mailbox.await(batching.left(nextTick - before, before));
            }
        } catch (Throwable t) {
            stopped = true;
            handler.failed(t);
        } finally {
            failWaiting();
        }
    }

    private void takeInputs() {
        for (int i = 0; i < MAX_INPUTS_AT_ONCE; i++) {
            Input input = mailbox.pollInput();
            if (input == null) {
                return;
            }
            step(input);
        }
    }

    private void takeReports() {
        long durable = mailbox.takeDurable();
        if (durable > 0) {
            step(new Input.LogDurable(durable));
        }
        long applied = mailbox.takeApplied();
        if (applied > 0) {
            step(new Input.Applied(applied));
        }
    }

    private void takeCommands() {
        for (Mailbox.Command command = mailbox.pollCommand(); command != null; command = mailbox.pollCommand()) {
            Output output = core.step(command.input());
            // The proposal is registered before the output is carried out: a lone voter may commit it in this very
            // step.
            command.onProposed().accept(output.proposed());
            carryOut(output);
        }
    }

    /** The match indexes are for administrators and costly to compute, so they are refreshed rarely. */
    private void refreshMatches() {
        if (--ticksSinceMatches > 0) {
            return;
        }
        ticksSinceMatches = MATCHES_TICKS;
        if (core.role() != Role.LEADER) {
            matches = Map.of();
            return;
        }
        Map<Long, Long> now = new HashMap<>();
        for (Member member : core.membership().members()) {
            now.put(member.id(), core.matchIndex(member.id()));
        }
        matches = Map.copyOf(now);
    }

    private void takeWrites() {
        long now = System.nanoTime();
        List<PendingWrite> writes = mailbox.takeWrites(batching.holdsWrites(core.commitIndex(), now));
        if (writes.isEmpty()) {
            return;
        }
        if (core.role() != Role.LEADER) {
            writes.forEach(write -> write.notDone(NotDone.NOT_LEADER));
            return;
        }
        long clockMillis = clock.millis(handler.appliedMillis(), now);
        List<byte[]> commands = new ArrayList<>(writes.size());
        for (PendingWrite write : writes) {
            byte[] data = write.data();
            RequestCodec.setClock(data, clockMillis);
            commands.add(data);
        }
        Output output = core.step(new Input.Propose(commands));
        int taken = 0;
        NotDone refusal = NotDone.OVERLOADED;
        switch (output.proposed()) {
            case Output.Proposed.Accepted accepted -> {
                taken = accepted.count();
                batching.proposed(accepted.firstIndex() + taken - 1, now);
                handler.proposed(accepted.firstIndex(), accepted.term(), List.copyOf(writes.subList(0, taken)));
            }
            case Output.Proposed.Refused refused ->
                refusal = switch (refused.reason()) {
                    case NOT_LEADER, TRANSFERRING -> NotDone.NOT_LEADER;
                    case OVERLOADED, TOO_EARLY, UNSAFE -> NotDone.OVERLOADED;
                };
        }
        // Runs after the writes are registered: a lone voter may commit them in this very step.
        carryOut(output);
        for (PendingWrite write : writes.subList(taken, writes.size())) {
            write.notDone(refusal);
        }
    }

    private void takeReads() {
        long now = System.nanoTime();
        List<PendingRead> reads = mailbox.takeReads(batching.holdsReads(now));
        if (!reads.isEmpty()) {
            batching.asked(reads.size(), now);
            askReadIndex(reads);
        }
    }

    private void askReadIndex(List<PendingRead> reads) {
        long id = nextReadId++;
        readBatches.put(id, reads);
        step(new Input.Read(id));
    }

    /** Retries the reads that found no leader, until their deadlines. */
    private void retryReads(long now) {
        if (readsToRetry.isEmpty()) {
            return;
        }
        for (Iterator<PendingRead> each = readsToRetry.iterator(); each.hasNext(); ) {
            PendingRead read = each.next();
            if (now - read.deadlineNanos() >= 0) {
                each.remove();
                read.failed();
            }
        }
        if (core.leader() != Member.NONE && !readsToRetry.isEmpty()) {
            List<PendingRead> again = List.copyOf(readsToRetry);
            readsToRetry.clear();
            askReadIndex(again);
        }
    }

    private void step(Input input) {
        carryOut(core.step(input));
    }

    private void carryOut(Output output) {
        for (Message.Envelope envelope : output.messages()) {
            handler.send(envelope);
        }
        if (output.append() != null) {
            handler.append(output.append());
        }
        if (!output.committed().isEmpty()) {
            handler.committed(output.committed());
        }
        for (Output.ReadResult result : output.reads()) {
            List<PendingRead> batch = readBatches.remove(result.id());
            if (result.failed()) {
                readsToRetry.addAll(batch);
            } else {
                handler.readable(result.index(), batch);
            }
        }
        for (Output.Load load : output.loads()) {
            handler.load(load);
        }
        if (output.roleChange() != null) {
            roleChanged(output.roleChange());
        }
        if (output.snapshotWanted() > 0) {
            handler.snapshotWanted(output.snapshotWanted());
        }
        if (output.lostEntries() != null) {
            handler.lostEntries(output.lostEntries());
        }
        if (core.membership() != membership || core.committedMembership() != committedMembership) {
            membership = core.membership();
            committedMembership = core.committedMembership();
            publish();
            handler.membershipChanged(membership, committedMembership);
        }
        if (!changes.isEmpty()) {
            endChanges();
        }
    }

    private void endChanges() {
        for (Iterator<Change> each = changes.iterator(); each.hasNext(); ) {
            Change change = each.next();
            if (core.role() != Role.LEADER || core.term() != change.term()) {
                each.remove();
                change.future().complete(new ChangeOutcome.Uncertain());
            } else if (core.commitIndex() >= change.index()) {
                each.remove();
                change.future().complete(new ChangeOutcome.Committed(change.index()));
            }
        }
    }

    private void roleChanged(Output.RoleChange change) {
        boolean led = view.leads();
        batching.roleChanged();
        if (change.role() == Role.LEADER) {
            clock.begin(handler.appliedMillis(), System.nanoTime());
        }
        publish();
        if (led && change.role() != Role.LEADER) {
            handler.leadershipLost();
        }
        handler.roleChanged(change);
    }

    private void publish() {
        view = currentView();
    }

    private ConsensusView currentView() {
        return new ConsensusView(
                core.role(),
                core.term(),
                core.leader(),
                core.commitIndex(),
                core.lastIndex(),
                core.lastTerm(),
                core.durableIndex(),
                core.matchedByAll(),
                core.uncommittedBytes(),
                core.membership(),
                core.committedMembership(),
                core.isVouched(),
                matches);
    }

    private void failWaiting() {
        mailbox.takeWrites(false).forEach(write -> write.notDone(NotDone.NOT_LEADER));
        mailbox.takeReads(false).forEach(PendingRead::failed);
        readBatches.values().forEach(batch -> batch.forEach(PendingRead::failed));
        readsToRetry.forEach(PendingRead::failed);
        changes.forEach(change -> change.future().complete(new ChangeOutcome.Uncertain()));
        for (Mailbox.Command command = mailbox.pollCommand(); command != null; command = mailbox.pollCommand()) {
            command.onProposed()
                    .accept(new Output.Proposed.Refused(Output.Refusal.NOT_LEADER, "this node is stopping"));
        }
    }
}
