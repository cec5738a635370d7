package io.raftgres.node.log;

import io.raftgres.raft.Entry;
import io.raftgres.raft.Output;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The thread that appends to a {@link SegmentedLog}. It takes all waiting appends, writes them as one group with one
 * sync, reports, and continues with the appends that arrived meanwhile. So the slower the disk, the larger the groups.
 */
public final class LogWriter implements AutoCloseable {

    /**
     * Upper bound of waiting bytes. It is far above the bytes that a leading Raft core leaves uncommitted or not
     * durable, and above those that {@link #accepts} lets a following core accept. So reaching it is a defect, not
     * load.
     */
    public static final long MAX_QUEUED_BYTES = 128L << 20;

    /** Bytes that {@link #accepts} leaves room for by default. */
    private static final long ACCEPTED_BYTES = 64L << 20;

    /** Upper bound of a group unless a single append is larger: otherwise its first append would wait for its last. */
    static final long MAX_GROUP_BYTES = 8L << 20;

    /** Receives reports on the log's thread, in order. A call that throws counts as a failure of the log. */
    public interface Listener {
        /**
         * These appends and all before them are durable: send the messages that waited for them, and notify the Raft
         * core.
         */
        void durable(List<Output.Append> group);

        /** The log failed and writes no more. Called once; no append of the failed group is durable. */
        void failed(Throwable cause);

        /** For metrics, after each {@link #durable}. */
        default void measured(Group group) {}
    }

    /**
     * The metrics of a group.
     *
     * @param appends in the group
     * @param bytes written to disk for it
     * @param syncNanos time waiting for the disk's sync
     */
    public record Group(int appends, long bytes, long syncNanos) {}

    private static final System.Logger LOGGER = System.getLogger(LogWriter.class.getName());

    private final SegmentedLog log;
    private final long acceptedBytes;
    private final Listener listener;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** Guarded by the lock, as are the fields below. */
    private final Deque<Output.Append> queue = new ArrayDeque<>();

    private long queuedBytes;
    private long lastSequence;
    private boolean closing;
    private Throwable failure;

    public LogWriter(String name, SegmentedLog log, Listener listener) {
        this(name, log, ACCEPTED_BYTES, listener);
    }

    /**
     * Starts the thread {@code raft-log-NAME}. Only this thread may append to {@code log} from now on.
     *
     * @param acceptedBytes bound of waiting entries that a following core receives
     */
    public LogWriter(String name, SegmentedLog log, long acceptedBytes, Listener listener) {
        this.log = log;
        this.acceptedBytes = acceptedBytes;
        this.listener = listener;
        this.thread = Thread.ofPlatform().name("raft-log-" + name).start(this::run);
    }

    /**
     * Queues an append; never waits for the disk.
     *
     * @throws IllegalStateException when the log has failed or is closed, the sequence is not above the one before, or
     *     more than {@link #MAX_QUEUED_BYTES} wait
     */
    public void submit(Output.Append append) {
        long bytes = bytes(append);
        lock.lock();
        try {
            if (failure != null) {
                throw new IllegalStateException("cannot append: the log has failed", failure);
            }
            if (closing) {
                throw new IllegalStateException("the log is closed");
            }
            if (append.sequence() <= lastSequence) {
                throw new IllegalStateException("append " + append.sequence() + " came after append " + lastSequence);
            }
            if (!queue.isEmpty() && queuedBytes + bytes > MAX_QUEUED_BYTES) {
                throw new IllegalStateException(
                        queuedBytes + " bytes wait for the log; the core must bound them below " + MAX_QUEUED_BYTES);
            }
            lastSequence = append.sequence();
            queue.add(append);
            queuedBytes += bytes;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** @return bytes that wait to be written */
    public long queuedBytes() {
        lock.lock();
        try {
            return queuedBytes;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Whether entries from a peer may be passed to the Raft core now: the core appends them to this queue. If not, the
     * caller drops the message, and the leader sends it again. Messages without entries, such as heartbeats and votes,
     * always pass.
     *
     * @param bytes of the entries
     */
    public boolean accepts(long bytes) {
        if (log.space() == LogSpace.FULL) {
            return false;
        }
        lock.lock();
        try {
            return queue.isEmpty() || queuedBytes + bytes <= acceptedBytes;
        } finally {
            lock.unlock();
        }
    }

    /** For alarms; cheap. */
    public LogSpace space() {
        return log.space();
    }

    private void run() {
        try {
            for (List<Output.Append> group = take(); !group.isEmpty(); group = take()) {
                SegmentedLog.Written written = log.append(group);
                listener.durable(group);
                listener.measured(new Group(group.size(), written.bytes(), written.syncNanos()));
            }
        } catch (NoSpaceException e) {
            // Thrown only when closing: no waiting append was reported durable.
            LOGGER.log(
                    Level.WARNING,
                    "closed while the disk was full: {0} queued bytes and the append being written were never"
                            + " acknowledged, and are lost",
                    String.valueOf(queuedBytes()));
        } catch (IOException | RuntimeException | Error e) {
            fail(e);
        }
    }

    private void fail(Throwable cause) {
        lock.lock();
        try {
            failure = cause;
            queue.clear();
            queuedBytes = 0;
        } finally {
            lock.unlock();
        }
        listener.failed(cause);
    }

    /** @return waiting appends of at most {@link #MAX_GROUP_BYTES}; none when all are written and no more will come */
    private List<Output.Append> take() {
        lock.lock();
        try {
            while (queue.isEmpty() && !closing) {
                changed.awaitUninterruptibly();
            }
            List<Output.Append> group = new ArrayList<>();
            long groupBytes = 0;
            while (!queue.isEmpty()) {
                long bytes = bytes(queue.peek());
                if (!group.isEmpty() && groupBytes + bytes > MAX_GROUP_BYTES) {
                    break;
                }
                group.add(queue.poll());
                groupBytes += bytes;
            }
            queuedBytes -= groupBytes;
            return group;
        } finally {
            lock.unlock();
        }
    }

    private static long bytes(Output.Append append) {
        long bytes = Entry.OVERHEAD_BYTES;
        for (Entry entry : append.entries()) {
            bytes += entry.sizeBytes();
        }
        return bytes;
    }

    /**
     * Writes all waiting appends, unless the disk is full, and ends the thread. The log stays open. Must not be called
     * on the log's thread.
     */
    @Override
    public void close() {
        log.waitNoMore();
        lock.lock();
        try {
            closing = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                // If this wait ended early, the caller would close a log that is being written.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
