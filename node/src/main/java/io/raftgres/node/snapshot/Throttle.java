package io.raftgres.node.snapshot;

import java.util.concurrent.TimeUnit;

/** A token bucket: so many bytes a second, and a tenth of a second's worth at once. */
final class Throttle {

    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final long bytesPerSecond;

    /** When all that was taken so far is paid for. */
    private long paidNanos = System.nanoTime();

    /** @param bytesPerSecond 0: no limit */
    Throttle(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** Waits until {@code bytes} may pass. More than fit into the bucket pass, too, and whoever comes next waits. */
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
