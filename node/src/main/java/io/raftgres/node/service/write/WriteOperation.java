package io.raftgres.node.service.write;

import io.netty.util.Timeout;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.ServiceException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One client's write, which may be sent to several leaders in turn. It ends once: with a result, with a refusal, or at
 * its deadline, with the outcome known by then.
 */
final class WriteOperation {

    private final byte[] data;
    private final boolean hasToken;
    private final long deadlineNanos;
    private final CompletableFuture<ApplyResult> future = new CompletableFuture<>();
    private final Runnable onEnd;
    private final AtomicBoolean proposed = new AtomicBoolean();
    private final AtomicBoolean ended = new AtomicBoolean();
    /** A leader may have appended it, and its outcome is unknown. */
    private volatile boolean uncertain;
    /** A leader has it now. */
    private volatile boolean inFlight;

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
     * @return the data for an entry of this node's log: from the second time on a copy, because the leader writes its
     *     clock into it, and an entry that was proposed before must not change any more
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

    /** @return time that is left until the deadline */
    long leftNanos() {
        return deadlineNanos - System.nanoTime();
    }

    void timeout(Timeout armed) {
        timeout = armed;
        if (ended.get()) {
            armed.cancel();
        }
    }

    /**
     * Called before it is handed to a leader.
     *
     * @return false: it has ended, and must not be done any more
     */
    synchronized boolean sent() {
        inFlight = !ended.get();
        return inFlight;
    }

    /** Called when the leader reported that it has not done it. */
    void returned() {
        inFlight = false;
    }

    /**
     * Notes that the leader that had this write is lost, so the outcome is uncertain.
     *
     * @return whether it may be sent to another leader: its token prevents a second application
     */
    boolean lost() {
        uncertain = true;
        inFlight = false;
        return hasToken;
    }

    void answered(ApplyResult result) {
        if (end()) {
            future.complete(result);
        }
    }

    void failed(ServiceException why) {
        if (end()) {
            future.completeExceptionally(why);
        }
    }

    /**
     * Ends it when its time is over, or nothing more can be tried.
     *
     * @param notDone the failure if it certainly was not done
     */
    void endWithoutResult(ServiceException notDone) {
        boolean unknown;
        synchronized (this) {
            // Under the same lock as its end: otherwise it could be handed to a leader in between.
            if (!ended.compareAndSet(false, true)) {
                return;
            }
            unknown = uncertain || inFlight;
        }
        cleanUp();
        future.completeExceptionally(
                unknown
                        ? new ServiceException.OutcomeUnknown(
                                "a leader received the write, but its outcome did not arrive in time: it may be done;"
                                        + " repeat it with the same Idempotency-Key")
                        : notDone);
    }

    private boolean end() {
        if (!ended.compareAndSet(false, true)) {
            return false;
        }
        cleanUp();
        return true;
    }

    private void cleanUp() {
        Timeout armed = timeout;
        if (armed != null) {
            armed.cancel();
        }
        onEnd.run();
    }
}
