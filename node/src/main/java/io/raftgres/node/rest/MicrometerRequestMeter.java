package io.raftgres.node.rest;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Latency by route and status, as {@code raftgres.http.requests}. Timers are kept in an array: a lookup in the registry
 * for each request would cost more than the recording.
 */
public final class MicrometerRequestMeter implements RequestMeter {

    private static final int MIN_STATUS = 100;
    private static final int STATUSES = 500;
    private static final Duration[] OBJECTIVES = {
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5)
    };

    private final MeterRegistry registry;
    private final AtomicReferenceArray<Timer> timers = new AtomicReferenceArray<>(Route.values().length * STATUSES);

    public MicrometerRequestMeter(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void record(Route route, int status, long nanos) {
        int slot = route.ordinal() * STATUSES + Math.clamp(status - MIN_STATUS, 0, STATUSES - 1);
        Timer timer = timers.get(slot);
        if (timer == null) {
            timer = register(route, status);
            timers.set(slot, timer);
        }
        timer.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Registering the same timer twice returns the same timer, so a race does no harm. */
    private Timer register(Route route, int status) {
        return Timer.builder("raftgres.http.requests")
                .description("requests to /v1, until the response's end")
                .tag("route", route == Route.OTHER ? "other" : route.method() + " " + route.path())
                .tag("status", Integer.toString(status))
                .serviceLevelObjectives(OBJECTIVES)
                .register(registry);
    }
}
