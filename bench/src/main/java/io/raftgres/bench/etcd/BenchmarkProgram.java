package io.raftgres.bench.etcd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Calls etcd's {@code benchmark}.
 *
 * @param directory for its output while it runs
 * @param timeout of one call: the program itself never stops waiting for a server that does not respond
 */
record BenchmarkProgram(Path program, Path directory, Duration timeout) {

    private static final int MESSAGE_LENGTH = 160;

    Run run(BenchmarkCall workload, String endpoints) {
        Path output = directory.resolve("benchmark.out");
        Path errors = directory.resolve("benchmark.err");
        try (Child child = Child.start(workload.line(program.toString(), endpoints), output, errors)) {
            if (!child.await(timeout)) {
                return new Run(Map.of(), "did not end within " + timeout.toSeconds() + " s", true);
            }
            if (child.exitCode() != 0) {
                return new Run(Map.of(), "benchmark ended with " + child.exitCode() + ": " + lastLine(errors), false);
            }
            return judged(workload, BenchmarkOutput.parse(Files.readString(output)));
        } catch (IllegalArgumentException e) {
            return new Run(Map.of(), "its output cannot be read: " + e.getMessage(), false);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + program, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** The figures count only if every request succeeded: errors are fast. */
    private static Run judged(BenchmarkCall workload, Map<String, Summary> summaries) {
        for (Summary summary : summaries.values()) {
            long errors = summary.errors().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            if (errors > 0) {
                String text =
                        summary.errors().keySet().stream().sorted().findFirst().orElseThrow();
                return new Run(summaries, errors + " of " + workload.requests() + " failed: " + shortened(text), false);
            }
        }
        Run good = new Run(summaries, null, false);
        for (BenchmarkCall.Measure measure : workload.measures()) {
            if (Double.isNaN(measure.in(good))) {
                return new Run(summaries, "benchmark said nothing of: " + measure.label(), false);
            }
        }
        return good;
    }

    private static String lastLine(Path errors) throws IOException {
        List<String> lines = new String(Files.readAllBytes(errors), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        return lines.isEmpty() ? "it says nothing" : shortened(lines.getLast().strip());
    }

    private static String shortened(String text) {
        return text.length() <= MESSAGE_LENGTH ? text : text.substring(0, MESSAGE_LENGTH) + "...";
    }
}
