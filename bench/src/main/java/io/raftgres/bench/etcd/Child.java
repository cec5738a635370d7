package io.raftgres.bench.etcd;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process of another program that ends with this one at the latest, also after Ctrl-C. */
final class Child implements AutoCloseable {

    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);

    private final Process process;
    private final Thread hook;

    private Child(Process process) {
        this.process = process;
        hook = new Thread(process::destroyForcibly, "end " + process.pid());
    }

    /** Its standard input is empty; its outputs go to files, because no thread reads a pipe while it runs. */
    static Child start(List<String> line, Path output, Path errors) throws IOException {
        Child child = new Child(new ProcessBuilder(line)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start());
        try {
            Runtime.getRuntime().addShutdownHook(child.hook);
        } catch (IllegalStateException e) {
            child.process.destroyForcibly();
            throw new IOException("this program is ending", e);
        }
        return child;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** @return whether the process has ended by itself in time */
    boolean await(Duration timeout) throws InterruptedException {
        return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** @return its exit code */
    int exitCode() {
        return process.exitValue();
    }

    /** Stops the process, by force if it does not stop in time. */
    @Override
    public void close() {
        process.destroy();
        boolean interrupted = Thread.interrupted();
        try {
            if (!await(STOP_TIMEOUT)) {
                process.destroyForcibly();
                await(STOP_TIMEOUT);
            }
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            interrupted = true;
        } catch (IllegalStateException e) {
            // The JVM is ending: the hook has stopped the process, or is stopping it.
            process.destroyForcibly();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
