package io.raftgres.bench.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Counts the requests in the measured window of one load. */
final class Recording {

    /** Largest latency that is recorded exactly. */
    private static final long NANOS_MAX = TimeUnit.MINUTES.toNanos(10);

    private final boolean open;
    private final List<String> names;
    private final long[] good;
    private final List<Histogram> latency = new ArrayList<>();
    private final List<Histogram> service = new ArrayList<>();
    private final long[] statuses = new long[600];
    private final long[] failures = new long[Exchange.Failure.values().length];
    private long unsent;
    private long beginNanos;
    private long endNanos;
    long connectFailures;
    long requestsInAll;

    Recording(List<String> names, boolean open) {
        this.open = open;
        this.names = List.copyOf(names);
        good = new long[names.size()];
        for (int i = 0; i < names.size(); i++) {
            latency.add(newHistogram());
            service.add(newHistogram());
        }
    }

    /** Three significant digits, up to ten minutes, in nanoseconds. */
    static Histogram newHistogram() {
        return new Histogram(NANOS_MAX, 3);
    }

    void window(long beginNanos, long endNanos) {
        this.beginNanos = beginNanos;
        this.endNanos = endNanos;
    }

    /**
     * In a closed loop the requests count that ended in the window; in an open loop those that should have been sent in
     * it.
     */
    void add(Exchange exchange) {
        requestsInAll++;
        if (!inWindow(open ? exchange.intendedNanos : exchange.endNanos)) {
            return;
        }
        long waited = exchange.endNanos - exchange.intendedNanos;
        if (exchange.failure != null) {
            failures[exchange.failure.ordinal()]++;
            if (open && exchange.failure == Exchange.Failure.TIMEOUT) {
                record(latency.get(exchange.kind), waited);
            }
            return;
        }
        statuses[exchange.status]++;
        if (exchange.isGood()) {
            good[exchange.kind]++;
            record(latency.get(exchange.kind), waited);
            record(service.get(exchange.kind), exchange.endNanos - exchange.sentNanos);
        }
    }

    /** Counts a request of an open loop for which no client was free until the end; it waited at least this time. */
    void unsent(long intendedNanos, long nowNanos) {
        if (inWindow(intendedNanos)) {
            unsent++;
            record(latency.getFirst(), nowNanos - intendedNanos);
        }
    }

    private boolean inWindow(long nanos) {
        return nanos - beginNanos >= 0 && nanos - endNanos < 0;
    }

    private static void record(Histogram histogram, long nanos) {
        histogram.recordValue(Math.clamp(nanos, 0, NANOS_MAX));
    }

    LoadResult result(long measuredNanos, double cpuSeconds, double wallSeconds) {
        Map<String, Long> outcomes = new TreeMap<>();
        long failed = unsent;
        for (int status = 0; status < statuses.length; status++) {
            if (statuses[status] > 0) {
                outcomes.put(Integer.toString(status), statuses[status]);
                failed += Exchange.isGood(status) ? 0 : statuses[status];
            }
        }
        for (Exchange.Failure failure : Exchange.Failure.values()) {
            if (failures[failure.ordinal()] > 0) {
                outcomes.put(failure.name().toLowerCase(Locale.ROOT), failures[failure.ordinal()]);
                failed += failures[failure.ordinal()];
            }
        }
        if (unsent > 0) {
            outcomes.put("unsent", unsent);
        }
        List<LoadResult.Kind> kinds = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            kinds.add(new LoadResult.Kind(names.get(i), good[i], latency.get(i), service.get(i)));
        }
        double seconds = Math.max(measuredNanos, 1) / 1e9;
        return new LoadResult(
                seconds, kinds, outcomes, failed, connectFailures, cpuSeconds, wallSeconds, requestsInAll);
    }
}
