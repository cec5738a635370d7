package io.raftgres.bench.load;

import java.time.Duration;
import java.util.List;

/**
 * How to load.
 *
 * @param endpoints clients are spread over them in turn
 * @param clients connections, each with one request in flight at most
 * @param rate requests a second of all clients together, sent on time whether or not earlier ones were answered as long
 *     as a client is idle, and with latency counted from when they should have been sent (open loop); 0: each client
 *     sends its next request when it has its response (closed loop)
 * @param warmup not measured
 * @param duration measured
 * @param requests ends after as many requests, warm-up included; 0: no such end
 * @param timeout a request without a response for so long has failed
 */
public record LoadPlan(
        List<Endpoint> endpoints,
        int clients,
        double rate,
        Duration warmup,
        Duration duration,
        long requests,
        Duration timeout) {

    public static final int CLIENTS_MAX = 50_000;
    public static final Duration TIMEOUT = Duration.ofSeconds(10);

    public LoadPlan {
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("no endpoint");
        }
        if (clients < 1 || clients > CLIENTS_MAX) {
            throw new IllegalArgumentException("clients must be 1 to " + CLIENTS_MAX + ", not " + clients);
        }
        if (!(rate >= 0 && rate <= 10_000_000)) {
            throw new IllegalArgumentException("the rate must be 0 to 10,000,000 a second, not " + rate);
        }
        if (warmup.isNegative() || duration.isNegative() || duration.isZero() || requests < 0) {
            throw new IllegalArgumentException("the warm-up, the duration and the requests must not be negative");
        }
        if (timeout.compareTo(Duration.ofMillis(10)) < 0) {
            throw new IllegalArgumentException("the timeout must be 10 ms or more");
        }
    }

    public static LoadPlan closed(List<Endpoint> endpoints, int clients, Duration warmup, Duration duration) {
        return new LoadPlan(endpoints, clients, 0, warmup, duration, 0, TIMEOUT);
    }

    public static LoadPlan open(
            List<Endpoint> endpoints, int clients, double rate, Duration warmup, Duration duration) {
        return new LoadPlan(endpoints, clients, rate, warmup, duration, 0, TIMEOUT);
    }

    /** Ends after this number of requests, or after an hour. */
    public static LoadPlan count(List<Endpoint> endpoints, int clients, long requests) {
        return new LoadPlan(endpoints, clients, 0, Duration.ZERO, Duration.ofHours(1), requests, TIMEOUT);
    }

    public boolean isOpen() {
        return rate > 0;
    }
}
