package io.raftgres.bench.etcd;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Measures the processor time of processes that do not belong to the measured system. The time of processes that have
 * ended meanwhile is unknown, so the figure is a lower bound.
 */
final class Others {

    private record Id(long pid, Optional<Instant> started) {}

    private final long began = System.nanoTime();
    private final Map<Id, Duration> before = times(Set.of());

    /**
     * @param ours the measured processes; their descendants, this process and its descendants belong to them
     * @return share of all processors since this object was made, 0 to 1
     */
    double share(Stream<ProcessHandle> ours) {
        Set<ProcessHandle> measured = Stream.concat(ours, Stream.of(ProcessHandle.current()))
                .flatMap(each -> Stream.concat(Stream.of(each), each.descendants()))
                .collect(Collectors.toSet());
        long nanos = 0;
        for (Map.Entry<Id, Duration> now : times(measured).entrySet()) {
            nanos += now.getValue()
                    .minus(before.getOrDefault(now.getKey(), Duration.ZERO))
                    .toNanos();
        }
        return (double) nanos
                / (System.nanoTime() - began)
                / Runtime.getRuntime().availableProcessors();
    }

    /** Threads of the kernel have no command. They may work for the measured system, so they do not count. */
    private static Map<Id, Duration> times(Set<ProcessHandle> without) {
        return ProcessHandle.allProcesses()
                .filter(process ->
                        !without.contains(process) && process.info().command().isPresent())
                .collect(Collectors.toMap(
                        process -> new Id(process.pid(), process.info().startInstant()),
                        process -> process.info().totalCpuDuration().orElse(Duration.ZERO),
                        (one, same) -> one));
    }
}
