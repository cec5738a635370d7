package io.raftgres.node.consensus;

import io.raftgres.node.consensus.PendingWrite.NotDone;
import io.raftgres.node.kv.RequestCodec;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Input;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Message;
import io.raftgres.raft.Output;
import io.raftgres.raft.RaftCore;
import io.raftgres.raft.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The one thread that owns the {@link RaftCore}: it feeds it what has happened and carries out what it says. It never
 * waits for a disk, a socket or SQL.
 */
public final class RaftThread implements AutoCloseable {

    /** Length of a tick of the core. */
    public static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** After a stall only so many ticks are made up for: what has arrived meanwhile must be seen before time runs out. */
    private static final int MAX_TICKS_AT_ONCE = 2;

    /** Inputs taken before time and proposals are looked at again. */
    private static final int MAX_INPUTS_AT_ONCE = 512;

    /** What the raft thread hands its outputs to. All of it returns at once. */
    public interface World {
        void send(Message.Envelope envelope);

        void append(Output.Append append);

        void load(Output.Load load);

        /** Entries to apply, in order. */
        void committed(List<Entry> entries);

        /** These writes are the entries from {@code firstIndex} on, if that entry has this term when it is applied. */
        void proposed(long firstIndex, long term, List<PendingWrite> writes);

        /** Answers the reads once everything up to {@code index} is applied. */
        void readable(long index, List<PendingRead> reads);

        /** Leadership is lost: tells the proposed writes that are not applied. */
        void leadershipLost();

        void roleChanged(Output.RoleChange change);

        void membershipChanged(Membership membership);

        /** The core or an output failed: consensus has stopped for good. */
        void failed(Throwable cause);
    }

    private final RaftCore core;
    private final World world;
    private final Mailbox mailbox;
    private final Thread thread;
    private final Map<Long, List<PendingRead>> readBatches = new HashMap<>();
    private final List<PendingRead> readsToRetry = new ArrayList<>();
    private long nextReadId = 1;
    private Membership membership;
    private volatile ConsensusView view;
    private volatile boolean stopped;

    /** @param maxWaiting writes, and reads, that may wait for the thread */
    public RaftThread(String name, RaftCore core, World world, int maxWaiting) {
        this.core = core;
        this.world = world;
        this.mailbox = new Mailbox(maxWaiting);
        this.membership = core.membership();
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

    public void received(long from, Message message) {
        mailbox.offer(new Input.Receive(from, message));
    }

    public void unreachable(long member) {
        mailbox.offer(new Input.PeerUnreachable(member));
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

    /** Asks to hand leadership over; {@link #view} shows whether it happened. */
    public void transferLeadership(long target) {
        mailbox.offer(new Input.TransferLeadership(target));
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
                takeWrites();
                takeReads();
                long now = System.nanoTime();
                for (int i = 0; i < MAX_TICKS_AT_ONCE && now - nextTick >= 0; i++) {
                    step(new Input.Tick());
                    retryReads(now);
                    nextTick += TICK_NANOS;
                }
                if (now - nextTick > TICK_NANOS) {
                    nextTick = now + TICK_NANOS;
                }
                publish();
                mailbox.await(nextTick - System.nanoTime());
            }
        } catch (Throwable t) {
            stopped = true;
            world.failed(t);
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

    private void takeWrites() {
        List<PendingWrite> writes = mailbox.takeWrites();
        if (writes.isEmpty()) {
            return;
        }
        if (core.role() != Role.LEADER) {
            writes.forEach(write -> write.notDone(NotDone.NOT_LEADER));
            return;
        }
        long clockMillis = System.currentTimeMillis();
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
                world.proposed(accepted.firstIndex(), accepted.term(), List.copyOf(writes.subList(0, taken)));
            }
            case Output.Proposed.Refused refused -> refusal = switch (refused.reason()) {
                case NOT_LEADER, TRANSFERRING -> NotDone.NOT_LEADER;
                case OVERLOADED, UNSAFE -> NotDone.OVERLOADED;
            };
        }
        // After the writes are known, for a lone voter may commit them in this very step.
        carryOut(output);
        for (PendingWrite write : writes.subList(taken, writes.size())) {
            write.notDone(refusal);
        }
    }

    private void takeReads() {
        List<PendingRead> reads = mailbox.takeReads();
        if (!reads.isEmpty()) {
            askReadIndex(reads);
        }
    }

    private void askReadIndex(List<PendingRead> reads) {
        long id = nextReadId++;
        readBatches.put(id, reads);
        step(new Input.Read(id));
    }

    /** Reads without a leader are asked again until their time is over. */
    private void retryReads(long now) {
        if (readsToRetry.isEmpty()) {
            return;
        }
        for (Iterator<PendingRead> each = readsToRetry.iterator(); each.hasNext();) {
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
            world.send(envelope);
        }
        if (output.append() != null) {
            world.append(output.append());
        }
        if (!output.committed().isEmpty()) {
            world.committed(output.committed());
        }
        for (Output.ReadResult result : output.reads()) {
            List<PendingRead> batch = readBatches.remove(result.id());
            if (result.failed()) {
                readsToRetry.addAll(batch);
            } else {
                world.readable(result.index(), batch);
            }
        }
        for (Output.Load load : output.loads()) {
            world.load(load);
        }
        if (output.roleChange() != null) {
            roleChanged(output.roleChange());
        }
        if (core.membership() != membership) {
            membership = core.membership();
            world.membershipChanged(membership);
        }
    }

    private void roleChanged(Output.RoleChange change) {
        boolean led = view.leads();
        publish();
        if (led && change.role() != Role.LEADER) {
            world.leadershipLost();
        }
        world.roleChanged(change);
    }

    private void publish() {
        view = currentView();
    }

    private ConsensusView currentView() {
        return new ConsensusView(core.role(), core.term(), core.leader(), core.commitIndex(), core.lastIndex(),
                core.durableIndex(), core.matchedByAll(), core.uncommittedBytes(), core.membership());
    }

    private void failWaiting() {
        mailbox.takeWrites().forEach(write -> write.notDone(NotDone.NOT_LEADER));
        mailbox.takeReads().forEach(PendingRead::failed);
        readBatches.values().forEach(batch -> batch.forEach(PendingRead::failed));
        readsToRetry.forEach(PendingRead::failed);
    }
}
