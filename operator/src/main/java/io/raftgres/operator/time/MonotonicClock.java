package io.raftgres.operator.time;

import java.time.Instant;
import java.time.InstantSource;

/**
 * Measures pauses and ages. It does not jump when the clock of the machine is set: a pause that has begun while it
 * was ahead would otherwise last until it is there again. It is right only for times that this process has taken.
 */
public final class MonotonicClock implements InstantSource {

    public static final MonotonicClock CLOCK = new MonotonicClock();

    private final Instant began = Instant.now();
    private final long nanos = System.nanoTime();

    private MonotonicClock() {}

    @Override
    public Instant instant() {
        return began.plusNanos(System.nanoTime() - nanos);
    }
}
