package io.raftgres.bench.etcd;

import io.raftgres.bench.Format;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A call of {@code benchmark}, and the figures of its output that are compared.
 *
 * @param requests number of requests, the same for both systems, so that both do the same work
 * @param connections that the clients share
 * @param command the program's command and its options
 */
record BenchmarkCall(
        String name, int clients, int connections, int requests, List<String> command, List<Measure> measures) {

    /**
     * @param title of the summary that has the figure, see {@link BenchmarkOutput}
     * @param goal as a ratio; NaN for none
     */
    record Measure(String title, Quantity quantity, double goal) {

        /** @return requests per second, or nanoseconds; NaN if the run does not have the figure */
        double in(Run run) {
            Summary summary = run.summaries().get(title);
            return summary == null ? Double.NaN : quantity.of(summary);
        }

        String text(double value) {
            return quantity == Quantity.THROUGHPUT ? Format.perSecond(value) : Format.millis(value);
        }

        String label() {
            return (title.isEmpty() ? "" : LABELS.getOrDefault(title, title) + ": ") + quantity.label();
        }
    }

    enum Quantity {
        THROUGHPUT("throughput"),
        MEDIAN("median"),
        P99("p99");

        private final String label;

        Quantity(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }

        boolean moreIsBetter() {
            return this == THROUGHPUT;
        }

        /** @return requests per second, or nanoseconds; NaN if the run is too short */
        double of(Summary summary) {
            return switch (this) {
                case THROUGHPUT -> summary.perSecond();
                case MEDIAN -> summary.latency(50);
                case P99 -> summary.latency(99);
            };
        }
    }

    /** The key that is read; it exists already. */
    static final String KEY = "one-key";

    static final int VALUE_BYTES = 256;
    private static final int KEYS = 100_000;
    /** Puts per second while watches wait for them; four seconds give enough events for a median. */
    private static final int WATCHED_RATE = 200;

    private static final double NO_GOAL = Double.NaN;
    private static final Map<String, String> LABELS =
            Map.of("read", "reads", "write", "writes", "put", "puts", "watch", "event after its put");

    BenchmarkCall {
        command = List.copyOf(command);
        measures = List.copyOf(measures);
    }

    /**
     * @param scale factor for the numbers of requests; with 1 an etcd on two processors takes some three seconds for
     *     each call
     * @return all calls in their order: the first ones write the keys that later ones count
     */
    static List<BenchmarkCall> all(double scale) {
        return List.of(
                put(1, 1, count(scale, 4_000), NO_GOAL, 0.6),
                put(100, 10, count(scale, 40_000), 2, NO_GOAL),
                put(1_000, 20, count(scale, 50_000), 2.5, NO_GOAL),
                range("linearizable", count(scale, 60_000), 3),
                range("serializable", count(scale, 80_000), 2),
                mixed(count(scale, 2_000)),
                watch(count(scale, 4 * WATCHED_RATE)),
                new BenchmarkCall(
                                "lease keep-alive, 100 clients",
                                100,
                                10,
                                count(scale, 40_000),
                                List.of("lease-keepalive"),
                                plain(NO_GOAL, NO_GOAL))
                        .total("--total"));
    }

    private static int count(double scale, int requests) {
        return (int) Math.max(100, Math.round(requests * scale));
    }

    private static BenchmarkCall put(int clients, int connections, int requests, double throughput, double median) {
        return new BenchmarkCall(
                        String.format(Locale.ROOT, "put, %,d %s", clients, clients == 1 ? "client" : "clients"),
                        clients,
                        connections,
                        requests,
                        with("put", List.of(), "--key-space-size", KEYS),
                        plain(throughput, median))
                .total("--total");
    }

    private static BenchmarkCall range(String consistency, int requests, double goal) {
        return new BenchmarkCall(
                        "read one key, " + consistency + ", 100 clients",
                        100,
                        10,
                        requests,
                        List.of("range", KEY, "--consistency", consistency.substring(0, 1)),
                        plain(goal, NO_GOAL))
                .total("--total");
    }

    /** It reads all keys up to a limit, with their count, so each read visits all keys. */
    private static BenchmarkCall mixed(int requests) {
        return new BenchmarkCall(
                        "half puts, half reads of 100 of all keys, in transactions, 100 clients",
                        100,
                        10,
                        requests,
                        with("txn-mixed", List.of(KEY, "--limit", "100"), "--key-space-size", KEYS),
                        List.of(
                                new Measure("read", Quantity.THROUGHPUT, NO_GOAL),
                                new Measure("read", Quantity.MEDIAN, NO_GOAL),
                                new Measure("write", Quantity.MEDIAN, NO_GOAL)))
                .total("--total");
    }

    private static BenchmarkCall watch(int requests) {
        return new BenchmarkCall(
                        WATCHED_RATE + " puts a second, seen by 100 watches on 10 streams",
                        10,
                        10,
                        requests,
                        List.of(
                                "watch-latency",
                                "--streams",
                                "10",
                                "--watchers-per-stream",
                                "10",
                                "--put-rate",
                                "" + WATCHED_RATE,
                                "--key-size",
                                "8",
                                "--val-size",
                                "" + VALUE_BYTES),
                        List.of(
                                new Measure("put", Quantity.MEDIAN, NO_GOAL),
                                new Measure("watch", Quantity.MEDIAN, NO_GOAL),
                                new Measure("watch", Quantity.P99, NO_GOAL)))
                .total("--put-total");
    }

    private static List<Measure> plain(double throughput, double median) {
        return List.of(
                new Measure(BenchmarkOutput.UNTITLED, Quantity.THROUGHPUT, throughput),
                new Measure(BenchmarkOutput.UNTITLED, Quantity.MEDIAN, median),
                new Measure(BenchmarkOutput.UNTITLED, Quantity.P99, NO_GOAL));
    }

    private static List<String> with(String command, List<String> first, String option, int value) {
        List<String> words = new ArrayList<>(List.of(command));
        words.addAll(first);
        words.addAll(List.of("--key-size", "8", "--val-size", "" + VALUE_BYTES, option, "" + value));
        return words;
    }

    private BenchmarkCall total(String option) {
        List<String> words = new ArrayList<>(command);
        words.addAll(List.of(option, Integer.toString(requests)));
        return new BenchmarkCall(name, clients, connections, requests, words, measures);
    }

    /** @param endpoints {@code host:port}, separated by commas */
    List<String> line(String program, String endpoints) {
        List<String> line = new ArrayList<>(List.of(
                program,
                "--endpoints",
                endpoints,
                "--precise",
                "--conns",
                Integer.toString(connections),
                "--clients",
                Integer.toString(clients)));
        line.addAll(command);
        return line;
    }
}
