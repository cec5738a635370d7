package io.raftgres.bench.load;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Measures the generator alone, against a server that does nothing. Run it by hand: its figures depend on the machine.
 */
final class GeneratorSpeed {
    private GeneratorSpeed() {}

    public static void main(String[] arguments) throws IOException {
        int clients = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100;
        for (KvWorkload.Mix mix : List.of(KvWorkload.Mix.PUTS, KvWorkload.Mix.LINEARIZABLE_GETS)) {
            try (TrivialServer server = new TrivialServer()) {
                LoadPlan plan = LoadPlan.closed(
                        List.of(server.endpoint()), clients, Duration.ofSeconds(2), Duration.ofSeconds(5));
                LoadResult result = new LoadGenerator(plan, new KvWorkload(mix, 20_000, 256, 1)).run();
                System.out.printf(
                        Locale.ROOT,
                        "%s, %d clients: %,.0f/s at %.2f cores of the generator: %,.0f/s a " + "core%n",
                        result.kinds().getFirst().name(),
                        clients,
                        result.throughput(),
                        result.cpuSeconds() / result.wallSeconds(),
                        result.requestsInAll() / result.cpuSeconds());
            }
        }
    }
}
