package io.raftgres.e2e.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs programs until they end. */
final class Shell {
    private Shell() {}

    private static final Duration MOST = Duration.ofMinutes(3);

    record Result(int exitCode, String output) {}

    /**
     * @return its exit code and its whole output
     * @throws IllegalStateException when it has not ended after three minutes
     */
    static Result tryRun(Map<String, String> environment, List<String> line) throws IOException, InterruptedException {
        Path output = Files.createTempFile("program", ".out");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(MOST.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(String.join(" ", line) + " has not ended: " + Files.readString(output));
            }
            return new Result(process.exitValue(), Files.readString(output));
        } finally {
            Files.delete(output);
        }
    }

    /** @throws AssertionError when it fails */
    static String run(String... line) throws IOException, InterruptedException {
        Result result = tryRun(Map.of(), List.of(line));
        if (result.exitCode() != 0) {
            throw new AssertionError(String.join(" ", line) + " failed:\n" + result.output());
        }
        return result.output();
    }
}
