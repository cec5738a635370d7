package io.raftgres.bench.etcd;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The processor time of processes that have nothing to do with what is measured. Of those that have ended meanwhile
 * nothing is known any more: it is the least that was used.
 */
final class Others {

    private record Id(long pid, Optional<Instant> started) {}

    private final long began = System.nanoTime();
    private final Map<Id, Duration> before = times(Set.of());

    /**
     * @param ours processes that are measured; their descendants, this process and its descendants are as well
     * @return share of all processors since this was made, 0 to 1
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

    /** Threads of the kernel have no command: what they do may well be for what is measured. */
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
