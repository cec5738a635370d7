package io.raftgres.bench.load;

import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What a load showed, in its measured time.
 *
 * @param seconds measured
 * @param kinds one for each kind of request, in the workload's order
 * @param outcomes how many requests ended how: '200', '503', 'timeout', 'disconnected', 'garbage', 'unsent'
 * @param failed requests that ended with neither 2xx nor 404
 * @param connectFailures connections that could not be made
 * @param cpuSeconds processor time of the generator's thread, warm-up included; NaN when the JVM cannot tell
 * @param wallSeconds time that {@code cpuSeconds} is of: all of the load, connecting included
 * @param requestsInAll requests that ended, warm-up included
 */
public record LoadResult(
        double seconds,
        List<Kind> kinds,
        Map<String, Long> outcomes,
        long failed,
        long connectFailures,
        double cpuSeconds,
        double wallSeconds,
        long requestsInAll) {

    /**
     * @param good responses with 2xx or 404
     * @param latency nanoseconds from when the request should have been sent (closed loop: was sent) to its response.
     *     In an open loop it holds those that timed out or were never sent, too, with the time they had waited.
     * @param service nanoseconds from sending to the response
     */
    public record Kind(String name, long good, Histogram latency, Histogram service) {}

    /** Good responses a second, all kinds. */
    public double throughput() {
        return good() / seconds;
    }

    public long good() {
        return kinds.stream().mapToLong(Kind::good).sum();
    }

    /** Latency of all kinds together, nanoseconds. */
    public Histogram latency() {
        Histogram sum = Recording.newHistogram();
        kinds.forEach(kind -> sum.add(kind.latency()));
        return sum;
    }

    /** Time from sending to the response of all kinds together, nanoseconds. */
    public Histogram service() {
        Histogram sum = Recording.newHistogram();
        kinds.forEach(kind -> sum.add(kind.service()));
        return sum;
    }

    public Kind kind(String name) {
        return kinds.stream()
                .filter(kind -> kind.name().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
