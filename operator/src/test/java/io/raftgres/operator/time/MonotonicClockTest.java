package io.raftgres.operator.time;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The machine's clock may be set while the operator runs. */
class MonotonicClockTest {

    /** They compare with times of Kubernetes, or show the time. All others measure pauses. */
    private static final Set<String> MACHINES_CLOCK =
            Set.of("MonotonicClock.java", "Events.java", "PodTrouble.java", "StatusReport.java");

    @Test
    void pausesAreNotMeasuredWithTheMachinesClock() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            assertEquals(
                    MACHINES_CLOCK,
                    files.filter(Files::isRegularFile)
                            .filter(MonotonicClockTest::readsTheMachinesClock)
                            .map(file -> file.getFileName().toString())
                            .collect(Collectors.toSet()));
        }
    }

    private static boolean readsTheMachinesClock(Path file) {
        try {
            String source = Files.readString(file);
            return Stream.of("Instant.now()", "InstantSource.system()", "currentTimeMillis()", "Clock.system")
                    .anyMatch(source::contains);
        } catch (IOException e) {
            throw new AssertionError(file.toString(), e);
        }
    }
}
