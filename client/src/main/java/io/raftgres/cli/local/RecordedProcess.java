package io.raftgres.cli.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process identified by its id and its start time. So another process that has got the same id since is never
 * mistaken for it or killed.
 */
final class RecordedProcess {

    /** The system's start time is in ticks since boot; Java adds the boot time, which moves a little with the clock. */
    private static final Duration START_TOLERANCE = Duration.ofSeconds(3);

    private final ProcessHandle handle;

    private RecordedProcess(ProcessHandle handle) {
        this.handle = handle;
    }

    static RecordedProcess of(ProcessHandle handle) {
        return new RecordedProcess(handle);
    }

    /** @return the process with this id, if it is alive and started at about that time */
    static Optional<RecordedProcess> find(long pid, Instant started) {
        return ProcessHandle.of(pid)
                .filter(RecordedProcess::runs)
                .filter(handle -> handle.info()
                        .startInstant()
                        .map(at -> Duration.between(at, started).abs().compareTo(START_TOLERANCE) <= 0)
                        .orElse(false))
                .map(RecordedProcess::new);
    }

    /** @return the process that {@link #writeTo} recorded, if it is still alive */
    static Optional<RecordedProcess> readFrom(Path pidFile) {
        List<String> lines;
        try {
            lines = Files.readAllLines(pidFile);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new LocalClusterException("Cannot read " + pidFile + ": " + e.getMessage(), e);
        }
        if (lines.size() < 2) {
            return Optional.empty();
        }
        try {
            return find(
                    Long.parseLong(lines.get(0).trim()),
                    Instant.ofEpochMilli(Long.parseLong(lines.get(1).trim())));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /**
     * @return processes with these consecutive arguments, for processes whose record was deleted with their directory
     */
    static List<RecordedProcess> withArguments(List<String> wanted) {
        return ProcessHandle.allProcesses()
                .filter(handle -> handle.info()
                        .arguments()
                        .map(arguments -> Collections.indexOfSubList(List.of(arguments), wanted) >= 0)
                        .orElse(false))
                .filter(RecordedProcess::runs)
                .map(RecordedProcess::new)
                .toList();
    }

    void writeTo(Path pidFile) {
        Instant started = handle.info().startInstant().orElseGet(Instant::now);
        Path fresh = pidFile.resolveSibling(pidFile.getFileName() + ".new");
        try {
            Files.writeString(fresh, pid() + "\n" + started.toEpochMilli() + "\n");
            Files.move(fresh, pidFile, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new LocalClusterException("Cannot write " + pidFile + ": " + e.getMessage(), e);
        }
    }

    long pid() {
        return handle.pid();
    }

    boolean isAlive() {
        return runs(handle);
    }

    /**
     * {@link ProcessHandle} counts a killed process as alive until its parent has waited for it. Such a process holds
     * its files and ports until its last thread has ended, even if its main thread is a zombie already.
     */
    private static boolean runs(ProcessHandle handle) {
        if (!handle.isAlive()) {
            return false;
        }
        Path stat = Path.of("/proc", Long.toString(handle.pid()), "stat");
        try {
            String text = Files.readString(stat);
            // After the name, which may contain any characters, come the state, 16 numbers, and the number of threads.
            String[] fields = text.substring(text.lastIndexOf(')') + 1).strip().split(" ");
            return fields.length < 18 || !fields[0].equals("Z") || !fields[17].equals("1");
        } catch (IOException e) {
            return handle.isAlive();
        }
    }

    Optional<String> command() {
        return handle.info().command();
    }

    void terminate() {
        handle.destroy();
    }

    void kill() {
        handle.destroyForcibly();
    }

    /**
     * Sends a signal for which Java has no method.
     *
     * @param signal such as {@code INT}
     */
    void signal(String signal) throws InterruptedException {
        try {
            new ProcessBuilder("kill", "-" + signal, Long.toString(pid()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor(5, TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new LocalClusterException(
                    "Cannot send SIG" + signal + " to process " + pid() + ": " + e.getMessage(), e);
        }
    }

    /** @return whether it ended in time */
    boolean awaitEnd(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (isAlive()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            try {
                // Waits in short steps: a process that is not a child may end as a zombie, which {@link ProcessHandle}
                // does not report.
                handle.onExit().get(Math.min(left, TimeUnit.MILLISECONDS.toNanos(100)), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                continue;
            } catch (ExecutionException e) {
                throw new LocalClusterException("Cannot wait for process " + pid() + ": " + e.getCause(), e);
            }
        }
        return true;
    }
}
