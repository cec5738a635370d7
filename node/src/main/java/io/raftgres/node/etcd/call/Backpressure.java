package io.raftgres.node.etcd.call;

import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Lets a virtual thread wait until a stream's client takes more data. */
public final class Backpressure {

    private final ServerCallStreamObserver<?> stream;
    private final long stallNanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** In vain, so far. */
    private long waitedNanos;

    /**
     * Call this in the call's handler, before it returns.
     *
     * @param stall a call ends when its client takes nothing for this time
     */
    public Backpressure(ServerCallStreamObserver<?> stream, Duration stall) {
        this.stream = stream;
        this.stallNanos = stall.toNanos();
        stream.setOnReadyHandler(this::wake);
        stream.setOnCancelHandler(this::wake);
    }

    private void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** @throws io.grpc.StatusRuntimeException when the client has gone or takes nothing */
    public void awaitReady() {
        awaitReady(Long.MAX_VALUE);
    }

    /**
     * @param nanos maximal time to wait
     * @return false: the client takes nothing yet
     * @throws io.grpc.StatusRuntimeException when the client has gone, or has taken nothing for too long
     */
    public boolean awaitReady(long nanos) {
        long begun = System.nanoTime();
        long left = nanos;
        lock.lock();
        try {
            while (!stream.isReady()) {
                if (stream.isCancelled() || waitedNanos + System.nanoTime() - begun >= stallNanos) {
                    throw EtcdError.TIMEOUT.exception();
                }
                if (left <= 0) {
                    waitedNanos += System.nanoTime() - begun;
                    return false;
                }
                changed.awaitNanos(Math.min(left, stallNanos - waitedNanos));
                left = nanos - (System.nanoTime() - begun);
            }
            waitedNanos = 0;
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw EtcdError.STOPPED.exception();
        } finally {
            lock.unlock();
        }
    }
}
