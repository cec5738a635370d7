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
 * The inputs that wait for the raft thread. Any thread adds inputs without blocking; the raft thread removes them. Of
 * reports that only grow (durable, applied), only the latest value is kept.
 */
final class Mailbox {

    /** Upper bound of waiting messages of other members; further ones are dropped, as a network may drop them. */
    static final int MAX_MESSAGES = 1 << 16;

    /** Beyond this number, messages of nodes that are not members are dropped, to leave room for members. */
    static final int MAX_MESSAGES_OF_STRANGERS = MAX_MESSAGES / 4;

    /** Bytes of entries in waiting messages: two of the largest frames. A single message is always accepted. */
    static final long MAX_MESSAGE_BYTES = 64 << 20;

    /** This many writes or reads do not wait for more. */
    static final int MAX_HELD = 256;

    /** A request to the leader. @param onProposed receives the result, on the raft thread */
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

    /** @param maxWaiting upper bound of waiting writes, and of waiting reads */
    Mailbox(int maxWaiting) {
        this.maxWaiting = maxWaiting;
    }

    /**
     * Adds an input of this member itself (entries read, a trimmed log, a lost connection). The core waits for it, so
     * it is never dropped. Each responds to a request, so there are few.
     */
    void offer(Input input) {
        inputCount.incrementAndGet();
        inputs.add(input);
        wake();
    }

    /**
     * @param isMember called only when many messages wait
     * @return false: the message was dropped because too many wait
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

    /**
     * Adds an administrative request. Administrators and operators send few at a time, so the number needs no bound
     * here.
     */
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

    // Only the raft thread calls the methods below.

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
     * @param hold whether they wait for more to come: then none are taken unless there are many
     * @return all writes that wait now, maybe none
     */
    List<PendingWrite> takeWrites(boolean hold) {
        return writes.take(hold);
    }

    /** See {@link #takeWrites}. */
    List<PendingRead> takeReads(boolean hold) {
        return reads.take(hold);
    }

    /** @return the latest durable sequence, 0 when it has not changed */
    long takeDurable() {
        long sequence = durableSequence.get();
        if (sequence == seenDurable) {
            return 0;
        }
        seenDurable = sequence;
        return sequence;
    }

    /** @return the latest applied index, 0 when it has not changed */
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

    /** Returns when an input has arrived or the time is over. */
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

    /** A queue of items that are taken all at once. */
    private final class Lane<T> {
        private final Queue<T> queue = new ConcurrentLinkedQueue<>();
        private final AtomicInteger count = new AtomicInteger();

        /** The items are held: the raft thread wants to be woken only when there are many. */
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

        /** @return whether no item can be taken */
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
