package io.raftgres.bench.suite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The project's own launcher, run as a user would: {@code raftgres up}, {@code node kill N} and so on, on one data
 * directory.
 *
 * @param program the launcher; @param data the cluster's directory
 */
public record Launcher(List<String> program, Path data) {

    private static final Duration COMMAND_TIMEOUT = Duration.ofMinutes(10);

    /** A command of the launcher failed; the message has its output. */
    public static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Failed(String message) {
            super(message);
        }
    }

    /**
     * @return the launcher that started this program, or of the source tree that this class was built in; null when
     *     there is none
     */
    public static Path find() {
        String home = System.getProperty("raftgres.home");
        if (home != null && Files.isExecutable(Path.of(home, "raftgres"))) {
            return Path.of(home, "raftgres");
        }
        try {
            Path at = Path.of(Launcher.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            for (Path directory = at.getParent(); directory != null; directory = directory.getParent()) {
                Path launcher = directory.resolve("raftgres");
                if (Files.isRegularFile(launcher) && Files.isExecutable(launcher)) {
                    return launcher;
                }
            }
        } catch (URISyntaxException e) {
            throw new IllegalStateException("this class was loaded from no file", e);
        }
        return null;
    }

    /** Each port is that of the first node; the others' ports follow. */
    public void up(int httpPort, int peerPort, int postgresPort, int etcdPort) {
        run(
                "up",
                "--detach",
                "--fresh",
                "--http-port",
                Integer.toString(httpPort),
                "--peer-port",
                Integer.toString(peerPort),
                "--postgres-port",
                Integer.toString(postgresPort),
                "--etcd-port",
                Integer.toString(etcdPort));
    }

    public void down() {
        run("down");
    }

    public void kill(int node) {
        run("node", "kill", Integer.toString(node));
    }

    /** Starts the node and may return before it serves. */
    public void start(int node) {
        run("node", "start", Integer.toString(node));
    }

    private void run(String... words) {
        List<String> line = new ArrayList<>(program);
        line.addAll(List.of(words));
        line.addAll(List.of("--data", data.toString()));
        Process process = null;
        try {
            // Writes the output to a file: a detached node may inherit a pipe and hold it open after the command has
            // ended.
            Path output = Files.createTempFile("raftgres-bench", ".out");
            try {
                process = new ProcessBuilder(line)
                        .redirectErrorStream(true)
                        .redirectInput(ProcessBuilder.Redirect.from(
                                Path.of("/dev/null").toFile()))
                        .redirectOutput(output.toFile())
                        .start();
                if (!process.waitFor(COMMAND_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new Failed("'" + String.join(" ", line) + "' did not end in " + COMMAND_TIMEOUT.toMinutes()
                            + " minutes; it printed: " + Files.readString(output));
                }
                if (process.exitValue() != 0) {
                    throw new Failed("'" + String.join(" ", line) + "' failed (" + process.exitValue() + "): "
                            + Files.readString(output).strip());
                }
            } finally {
                Files.deleteIfExists(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + program, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failed("interrupted in '" + String.join(" ", line) + "'");
        } finally {
            if (process != null) {
                process.destroy();
            }
        }
    }
}
