package io.raftgres.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Makes system calls of a running process fail or take long, as long as strace is attached. */
final class Strace implements AutoCloseable {

    private final Process process;
    private final Path output;

    private Strace(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    static boolean isPossible() throws InterruptedException {
        try {
            Process process = new ProcessBuilder("strace", "-f", "-o", "/dev/null", "true")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** @param injection as strace's -e inject has it */
    static Strace attach(long pid, String injection) throws Exception {
        Path output = Files.createTempFile("strace", ".out");
        String call = injection.substring(0, injection.indexOf(':'));
        Process process = new ProcessBuilder(
                        "strace",
                        "-f",
                        "-p",
                        "" + pid,
                        "-e",
                        "trace=" + call,
                        "-e",
                        "inject=" + injection,
                        "-o",
                        "/dev/null")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        Cluster.await("strace to be attached", Duration.ofSeconds(30), () -> {
            if (!process.isAlive()) {
                throw new AssertionError("strace ended: " + Files.readString(output));
            }
            return Files.readString(output).contains("attached") ? true : null;
        });
        return new Strace(process, output);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.destroy();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        Files.deleteIfExists(output);
    }
}
