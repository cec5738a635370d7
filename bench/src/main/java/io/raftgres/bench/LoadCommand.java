package io.raftgres.bench;

import io.raftgres.bench.load.Endpoint;
import io.raftgres.bench.load.KvWorkload;
import io.raftgres.bench.load.KvWorkload.Mix;
import io.raftgres.bench.load.LoadGenerator;
import io.raftgres.bench.load.LoadPlan;
import io.raftgres.bench.load.LoadResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code raftgres bench load}: runs one load and prints one line. */
@Command(
        name = "load",
        description = "Loads a running cluster and prints one line.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class LoadCommand implements Callable<Integer> {

    enum Operation {
        PUT,
        GET,
        MIXED
    }

    @Spec
    private CommandSpec spec;

    @Option(names = "--endpoint", required = true, split = ",", description = "host:port of a node; repeatable")
    private List<String> endpoints;

    @Option(names = "--clients", defaultValue = "100", description = "connections, each with one request in flight")
    private int clients;

    @Option(names = "--op", defaultValue = "put", description = "put, get or mixed (half and half)")
    private Operation operation;

    @Option(names = "--local", description = "gets read the node's own state, which may be behind")
    private boolean local;

    @Option(names = "--seconds", defaultValue = "10", description = "measured time")
    private double seconds;

    @Option(names = "--warmup", defaultValue = "2", description = "seconds before that are not measured")
    private double warmup;

    @Option(names = "--count", defaultValue = "0", description = "end after so many requests; 0: by time")
    private long count;

    @Option(
            names = "--rate",
            defaultValue = "0",
            description = "requests a second of all clients together, with "
                    + "latency counted from when each should have been sent; 0: as fast as responses come")
    private double rate;

    @Option(names = "--value-bytes", defaultValue = "256", description = "size of the values put")
    private int valueBytes;

    @Option(names = "--keys", defaultValue = "20000", description = "different keys")
    private int keys;

    @Option(names = "--timeout", defaultValue = "10", description = "seconds after which a request has failed")
    private double timeout;

    @Option(names = "--fill", description = "put every key once first, so that gets find values")
    private boolean fill;

    @Option(names = "--json", description = "write the result there, too", paramLabel = "FILE")
    private Path json;

    @Override
    public Integer call() throws IOException {
        LoadPlan plan;
        KvWorkload workload;
        try {
            List<Endpoint> to = endpoints.stream().map(Endpoint::parse).toList();
            plan = new LoadPlan(to, clients, rate, time(warmup), time(seconds), count, time(timeout));
            Mix mix = switch (operation) {
                case PUT -> Mix.PUTS;
                case GET -> local ? Mix.LOCAL_GETS : Mix.LINEARIZABLE_GETS;
                case MIXED -> new Mix(0.5, local);
            };
            workload = new KvWorkload(mix, keys, valueBytes, System.nanoTime());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        if (fill) {
            LoadPlan filling = LoadPlan.count(plan.endpoints(), Math.min(clients, 100), keys);
            new LoadGenerator(filling, KvWorkload.fill(keys, valueBytes, 1)).run();
        }
        LoadResult result = new LoadGenerator(plan, workload).run();
        System.out.println(line(result));
        if (json != null) {
            Files.writeString(json, Json.pretty(Json.of(plan, result)) + "\n");
        }
        return result.good() > 0 && result.failed() == 0 ? 0 : 1;
    }

    static String line(LoadResult result) {
        if (result.good() == 0) {
            return String.format(
                    Locale.ROOT,
                    "no good response in %.1f s; %,d failed; %s; %,d connections could not " + "be made",
                    result.seconds(),
                    result.failed(),
                    result.outcomes(),
                    result.connectFailures());
        }
        Histogram latency = result.latency();
        return String.format(
                Locale.ROOT,
                "%,.0f/s over %.1f s: median %s, p99 %s, p99.9 %s, max %s; %,d failed; %s; generator %.2f cores",
                result.throughput(),
                result.seconds(),
                Format.millis(latency.getValueAtPercentile(50)),
                Format.millis(latency.getValueAtPercentile(99)),
                Format.millis(latency.getValueAtPercentile(99.9)),
                Format.millis(latency.getMaxValue()),
                result.failed(),
                result.outcomes(),
                result.cpuSeconds() / result.wallSeconds());
    }

    private static Duration time(double seconds) {
        if (!(seconds >= 0 && seconds <= 86_400)) {
            throw new IllegalArgumentException("times must be 0 to 86,400 s, not " + seconds);
        }
        return Duration.ofNanos((long) (seconds * 1e9));
    }
}
