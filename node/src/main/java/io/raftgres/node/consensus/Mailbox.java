package io.raftgres.node.consensus;

import io.raftgres.raft.Entry;
import io.raftgres.raft.Input;
import io.raftgres.raft.Message;
import io.raftgres.raft.Output;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongPredicate;

/**
 * Everything that waits for the raft thread. Any thread puts in without blocking; the raft thread takes out. Reports
 * that only ever grow (durable, applied) are kept as their latest value.
 */
final class Mailbox {

    /** Messages of others that may wait; those beyond it are dropped, as a network may. */
    static final int MAX_MESSAGES = 1 << 16;

    /** Beyond so many, messages of nodes that are no members are dropped: the rest is for members. */
    static final int MAX_MESSAGES_OF_STRANGERS = MAX_MESSAGES / 4;

    /** Bytes of entries in messages that may wait: two of the largest frames. One alone is always taken. */
    static final long MAX_MESSAGE_BYTES = 64 << 20;

    /** So many writes, or reads, wait for no others. */
    static final int MAX_HELD = 256;

    /** Something asked of the leader. @param onProposed takes the result, on the raft thread */
    record Command(Input input, Consumer<Output.Proposed> onProposed) {}

    private final Queue<Input> inputs = new ConcurrentLinkedQueue<>();
    private final AtomicInteger inputCount = new AtomicInteger();
    private final AtomicInteger messageCount = new AtomicInteger();
    private final AtomicLong messageBytes = new AtomicLong();
    private final Queue<Command> commands = new ConcurrentLinkedQueue<>();
    private final Lane<PendingWrite> writes = new Lane<>();
    private final Lane<PendingRead> reads = new Lane<>();
    private final AtomicLong durableSequence = new AtomicLong();
    private final AtomicLong appliedIndex = new AtomicLong();
    private long seenDurable;
    private long seenApplied;
    private volatile Thread owner;
    private volatile boolean parked;
    private final int maxWaiting;

    /** @param maxWaiting writes, and reads, that may wait */
    Mailbox(int maxWaiting) {
        this.maxWaiting = maxWaiting;
    }

    /**
     * What this member itself tells its core (entries that were read, the log's new beginning, a lost connection). The
     * core waits for it, so none is ever dropped; each answers something, so they are few.
     */
    void offer(Input input) {
        inputCount.incrementAndGet();
        inputs.add(input);
        wake();
    }

    /**
     * @param isMember asked only when much waits
     * @return false: too much waits, the message was dropped
     */
    boolean receive(Input.Receive message, LongPredicate isMember) {
        long bytes = bytes(message);
        int count = messageCount.incrementAndGet();
        long waiting = bytes == 0 ? 0 : messageBytes.addAndGet(bytes);
        if (count > MAX_MESSAGES_OF_STRANGERS && (count > MAX_MESSAGES || !isMember.test(message.from()))
                || waiting > MAX_MESSAGE_BYTES && waiting > bytes) {
            forget(bytes);
            return false;
        }
        offer(message);
        return true;
    }

    private void forget(long bytes) {
        messageCount.decrementAndGet();
        if (bytes > 0) {
            messageBytes.addAndGet(-bytes);
        }
    }

    private static long bytes(Input.Receive receive) {
        long bytes = 0;
        if (receive.message() instanceof Message.AppendRequest append) {
            List<Entry> entries = append.entries();
            for (int i = 0; i < entries.size(); i++) {
                bytes += entries.get(i).sizeBytes();
            }
        }
        return bytes;
    }

    /** Asked by people and operators, a few at a time: their number is bounded by those who ask. */
    void offer(Command command) {
        commands.add(command);
        wake();
    }

    boolean offer(PendingWrite write) {
        return writes.offer(write);
    }

    boolean offer(PendingRead read) {
        return reads.offer(read);
    }

    void durable(long sequence) {
        durableSequence.accumulateAndGet(sequence, Math::max);
        wake();
    }

    void applied(long index) {
        appliedIndex.accumulateAndGet(index, Math::max);
        wake();
    }

    void wake() {
        if (parked) {
            LockSupport.unpark(owner);
        }
    }

    // The rest is for the raft thread alone.

    void ownedBy(Thread thread) {
        owner = thread;
    }

    Input pollInput() {
        Input input = inputs.poll();
        if (input != null) {
            inputCount.decrementAndGet();
        }
        if (input instanceof Input.Receive message) {
            forget(bytes(message));
        }
        return input;
    }

    Command pollCommand() {
        return commands.poll();
    }

    /**
     * @param hold they are to wait for more of them: none are taken unless there are many
     * @return all writes that wait now, maybe none
     */
    List<PendingWrite> takeWrites(boolean hold) {
        return writes.take(hold);
    }

    /** As {@link #takeWrites}. */
    List<PendingRead> takeReads(boolean hold) {
        return reads.take(hold);
    }

    /** @return the latest durable sequence, 0 when it is not new */
    long takeDurable() {
        long sequence = durableSequence.get();
        if (sequence == seenDurable) {
            return 0;
        }
        seenDurable = sequence;
        return sequence;
    }

    /** @return the latest applied index, 0 when it is not new */
    long takeApplied() {
        long index = appliedIndex.get();
        if (index == seenApplied) {
            return 0;
        }
        seenApplied = index;
        return index;
    }

    private boolean isEmpty() {
        return inputs.isEmpty()
                && commands.isEmpty()
                && writes.isEmpty()
                && reads.isEmpty()
                && durableSequence.get() == seenDurable
                && appliedIndex.get() == seenApplied;
    }

    /** Returns when something has come or the time is over. */
    void await(long nanos) {
        parked = true;
        if (isEmpty() && nanos > 0) {
            LockSupport.parkNanos(this, nanos);
        }
        parked = false;
    }

    int waitingInputs() {
        return inputCount.get();
    }

    int waitingWrites() {
        return writes.count.get();
    }

    int waitingReads() {
        return reads.count.get();
    }

    /** What waits to be taken all at once. */
    private final class Lane<T> {
        private final Queue<T> queue = new ConcurrentLinkedQueue<>();
        private final AtomicInteger count = new AtomicInteger();

        /** They gather: the raft thread wants to hear of them only when there are many. */
        private volatile boolean held;

        boolean offer(T item) {
            int waiting = count.incrementAndGet();
            if (waiting > maxWaiting) {
                count.decrementAndGet();
                return false;
            }
            queue.add(item);
            if (!held || waiting >= MAX_HELD) {
                wake();
            }
            return true;
        }

        /** @return whether nothing is to be taken */
        boolean isEmpty() {
            return queue.isEmpty() || held && count.get() < MAX_HELD;
        }

        List<T> take(boolean hold) {
            held = hold;
            if (isEmpty()) {
                return List.of();
            }
            List<T> taken = new ArrayList<>(Math.max(16, count.get()));
            for (T item = queue.poll(); item != null; item = queue.poll()) {
                taken.add(item);
            }
            count.addAndGet(-taken.size());
            return taken;
        }
    }
}
