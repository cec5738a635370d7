package io.raftgres.node.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A running PostgreSQL server as described by its {@code postmaster.pid}: process id, data directory, start time, port,
 * and in the eighth line whether it is ready.
 */
final class Postmaster {

    private static final int PORT_LINE = 3;
    private static final int STATUS_LINE = 7;

    /** postmaster.pid has the start in whole seconds; the system's own start time is a little earlier. */
    private static final Duration START_TOLERANCE = Duration.ofSeconds(5);

    private final ProcessHandle handle;
    private final int port;

    private Postmaster(ProcessHandle handle, int port) {
        this.handle = handle;
        this.port = port;
    }

    /**
     * @return the server that runs on this directory now; a stale postmaster.pid, or one with a reused id, does not
     *     count
     */
    static Optional<Postmaster> running(Path dataDir) throws IOException {
        List<String> lines = pidFile(dataDir);
        if (lines.size() <= PORT_LINE) {
            return Optional.empty();
        }
        try {
            long pid = Long.parseLong(lines.get(0).trim());
            Instant started = Instant.ofEpochSecond(Long.parseLong(lines.get(2).trim()));
            int port = Integer.parseInt(lines.get(PORT_LINE).trim());
            return ProcessHandle.of(pid)
                    .filter(process -> isPostgresOf(process, dataDir, started))
                    .map(process -> new Postmaster(process, port));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** @return whether postmaster.pid has the id of a running process that is not a PostgreSQL of this directory */
    static boolean pidFileNamesAnotherProgram(Path dataDir) throws IOException {
        List<String> lines = pidFile(dataDir);
        return !lines.isEmpty()
                && running(dataDir).isEmpty()
                && lines.get(0).trim().matches("\\d{1,18}")
                && ProcessHandle.of(Long.parseLong(lines.get(0).trim()))
                        .filter(Postmaster::isRunning)
                        .isPresent();
    }

    /** A process id alone may belong to another program now: name, start time and working directory must match too. */
    private static boolean isPostgresOf(ProcessHandle process, Path dataDir, Instant started) {
        if (!isRunning(process)) {
            return false;
        }
        boolean named = process.info()
                .command()
                .map(c -> Path.of(c).getFileName().toString().startsWith("postgres"))
                .orElse(true);
        boolean startedThen = process.info()
                .startInstant()
                .map(start -> Duration.between(start, started).abs().compareTo(START_TOLERANCE) <= 0)
                .orElse(true);
        return named && startedThen && worksIn(process.pid(), dataDir);
    }

    private static boolean worksIn(long pid, Path dataDir) {
        Path cwd = Path.of("/proc", Long.toString(pid), "cwd");
        try {
            return !Files.isDirectory(Path.of("/proc/self")) || Files.isSameFile(cwd, dataDir);
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * A process that is dead but not yet collected by its parent counts as alive for the JDK, hence the check of /proc.
     */
    static boolean isRunning(ProcessHandle process) {
        if (!process.isAlive()) {
            return false;
        }
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
        } catch (NoSuchFileException e) {
            return !Files.isDirectory(Path.of("/proc/self"));
        } catch (IOException e) {
            return process.isAlive();
        }
    }

    /** @return 'starting', 'ready' or 'stopping'; empty when that process has not written it (yet) */
    static String status(Path dataDir, long pid) throws IOException {
        List<String> lines = pidFile(dataDir);
        return lines.size() > STATUS_LINE && lines.get(0).trim().equals(Long.toString(pid))
                ? lines.get(STATUS_LINE).trim()
                : "";
    }

    private static List<String> pidFile(Path dataDir) throws IOException {
        try {
            return Files.readAllLines(dataDir.resolve("postmaster.pid"));
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    ProcessHandle handle() {
        return handle;
    }

    int port() {
        return port;
    }

    /** @param signal name for kill(1), for example INT; a process that no longer exists is not an error */
    static void signal(ProcessHandle process, String signal) throws IOException {
        try {
            Process kill = new ProcessBuilder(
                            "/bin/sh", "-c", "kill -s \"$0\" \"$1\"", signal, Long.toString(process.pid()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            kill.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
