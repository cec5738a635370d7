package io.raftgres.node.service.write;

import io.netty.util.Timeout;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.ServiceException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One client's write on its way, maybe over several leaders. It ends once: answered, refused, or at its deadline with
 * what is then known of it.
 */
final class WriteOperation {

    private final byte[] data;
    private final boolean hasToken;
    private final long deadlineNanos;
    private final CompletableFuture<ApplyResult> future = new CompletableFuture<>();
    private final Runnable onEnd;
    private final AtomicBoolean proposed = new AtomicBoolean();
    private final AtomicBoolean ended = new AtomicBoolean();
    /** Some leader may have appended it and the end was not heard of. */
    private volatile boolean uncertain;
    /** It is with a leader now. */
    private volatile boolean underWay;

    private volatile Timeout timeout;

    /** @param onEnd called once, before the future completes */
    WriteOperation(byte[] data, boolean hasToken, long deadlineNanos, Runnable onEnd) {
        this.data = data;
        this.hasToken = hasToken;
        this.deadlineNanos = deadlineNanos;
        this.onEnd = onEnd;
    }

    byte[] data() {
        return data;
    }

    /**
     * @return the data for an entry of this node's log: from the second time on a copy, for the leader sets the clock
     *     in it, and an entry that was proposed before must not change any more
     */
    byte[] dataToPropose() {
        return proposed.compareAndSet(false, true) ? data : data.clone();
    }

    CompletableFuture<ApplyResult> future() {
        return future;
    }

    boolean isEnded() {
        return ended.get();
    }

    long leftNanos() {
        return deadlineNanos - System.nanoTime();
    }

    void timeout(Timeout armed) {
        timeout = armed;
        if (ended.get()) {
            armed.cancel();
        }
    }

    /** It is about to be handed to a leader. @return false: it has ended, and must not be done any more */
    synchronized boolean sent() {
        underWay = !ended.get();
        return underWay;
    }

    /** The leader said that it has not done it. */
    void returned() {
        underWay = false;
    }

    /**
     * The leader it was with is lost.
     *
     * @return whether it may be sent to another: its token keeps it from being applied twice
     */
    boolean lost() {
        uncertain = true;
        underWay = false;
        return hasToken;
    }

    void answered(ApplyResult answer) {
        if (end()) {
            future.complete(answer);
        }
    }

    void failed(ServiceException why) {
        if (end()) {
            future.completeExceptionally(why);
        }
    }

    /** Time is over, or nothing more can be tried. @param notDone what to say when it certainly was not done */
    void giveUp(ServiceException notDone) {
        boolean unknown;
        synchronized (this) {
            // At one moment with its end, or it could be handed over in between.
            if (!ended.compareAndSet(false, true)) {
                return;
            }
            unknown = uncertain || underWay;
        }
        left();
        future.completeExceptionally(
                unknown
                        ? new ServiceException.OutcomeUnknown(
                                "the write was handed to a leader and its outcome was not heard"
                                        + " of in time: it may be done; repeat it with the same Idempotency-Key")
                        : notDone);
    }

    private boolean end() {
        if (!ended.compareAndSet(false, true)) {
            return false;
        }
        left();
        return true;
    }

    private void left() {
        Timeout armed = timeout;
        if (armed != null) {
            armed.cancel();
        }
        onEnd.run();
    }
}
