package io.raftgres.bench.etcd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.bench.suite.ClusterApi;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class OthersTest {

    private static final Duration WORK = Duration.ofMillis(500);

    /** Its parent has ended, like that of a node which the launcher has started. */
    @Test
    void aProcessCountsUnlessItIsMeasured() throws Exception {
        Others others = new Others();
        long began = System.nanoTime();
        Process shell = new ProcessBuilder("sh", "-c", "while :; do :; done & echo $!").start();
        ProcessHandle orphan =
                ProcessHandle.of(Long.parseLong(shell.inputReader().readLine())).orElseThrow();
        try {
            shell.waitFor();
            assertTrue(ClusterApi.await(
                    Duration.ofSeconds(90),
                    () -> orphan.info().totalCpuDuration().orElse(Duration.ZERO).compareTo(WORK) > 0));
            double without = others.share(Stream.of(orphan));
            double with = others.share(Stream.empty());
            double least = (double) WORK.toNanos()
                    / (System.nanoTime() - began)
                    / Runtime.getRuntime().availableProcessors();
            // Processes of others that run at both looks count in both.
            assertTrue(with > without && with > 0.9 * least, with + " with it, " + without + " without, it " + least);
        } finally {
            orphan.destroyForcibly();
        }
    }
}
