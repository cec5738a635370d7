package io.raftgres.node.snapshot;

import java.util.concurrent.TimeUnit;

/** A token bucket: a number of bytes a second, with bursts of a tenth of a second's worth. */
final class Throttle {

    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final long bytesPerSecond;

    /** Time at which all bytes taken so far are paid for. */
    private long paidNanos = System.nanoTime();

    /** @param bytesPerSecond 0: no limit */
    Throttle(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /**
     * Waits until {@code bytes} may pass. A larger amount than the bucket passes, too, and the next caller waits
     * longer.
     */
    void take(long bytes) throws InterruptedException {
        if (bytesPerSecond == 0) {
            return;
        }
        long waitNanos;
        synchronized (this) {
            long now = System.nanoTime();
            if (now - paidNanos > BURST_NANOS) {
                paidNanos = now - BURST_NANOS;
            }
            waitNanos = paidNanos - now;
            paidNanos += (long) ((double) bytes / bytesPerSecond * TimeUnit.SECONDS.toNanos(1));
        }
        if (waitNanos > 0) {
            TimeUnit.NANOSECONDS.sleep(waitNanos);
        }
    }
}
