package io.raftgres.bench.etcd;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The runs that count and the runs that failed, by system and workload. */
final class Results {

    private record Key(String system, BenchmarkCall workload) {}

    private final Map<Key, List<Run>> runs = new HashMap<>();

    void add(String system, BenchmarkCall workload, Run run) {
        runs.computeIfAbsent(new Key(system, workload), any -> new ArrayList<>())
                .add(run);
    }

    /** @return why the figures do not count: after one failure all figures of the workload are unreliable */
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

    /** @return median over all passes; for an even number, the mean of the middle two */
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
