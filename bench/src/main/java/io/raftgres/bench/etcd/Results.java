package io.raftgres.bench.etcd;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The runs that count, and those that failed, of each system and workload. */
final class Results {

    private record Key(String system, BenchmarkCall workload) {}

    private final Map<Key, List<Run>> runs = new HashMap<>();

    void add(String system, BenchmarkCall workload, Run run) {
        runs.computeIfAbsent(new Key(system, workload), any -> new ArrayList<>())
                .add(run);
    }

    /** @return why the figures do not count: one failure spoils all, for its effect on the others is unknown */
    String failure(String system, BenchmarkCall workload) {
        List<Run> all = of(system, workload);
        return all.isEmpty()
                ? "not measured"
                : all.stream()
                        .map(Run::failure)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElse(null);
    }

    /** @return the median over all passes; of an even number, the mean of the two in the middle */
    double median(String system, BenchmarkCall workload, BenchmarkCall.Measure measure) {
        double[] sorted =
                of(system, workload).stream().mapToDouble(measure::in).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private List<Run> of(String system, BenchmarkCall workload) {
        return runs.getOrDefault(new Key(system, workload), List.of());
    }
}
