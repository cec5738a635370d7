package io.raftgres.cli.local;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** One node of a local cluster: its process, and the PostgreSQL that the process started. */
public final class NodeProcess {

    /** Time limit of a clean stop, in which the node transfers its leadership and stops its PostgreSQL. */
    static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);

    private static final Duration POSTGRES_STOP_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration KILL_TIMEOUT = Duration.ofSeconds(10);
    private static final long LOG_KEPT_BYTES = 1 << 20;

    private final int number;
    private final Layout layout;
    private final LocalDataDirectory data;

    NodeProcess(int number, Layout layout, LocalDataDirectory data) {
        this.number = number;
        this.layout = layout;
        this.data = data;
    }

    int number() {
        return number;
    }

    public String name() {
        return Layout.name(number);
    }

    public String url() {
        return layout.url(number);
    }

    String peerAddress() {
        return layout.peerAddress(number);
    }

    public int postgresPort() {
        return layout.postgresPort(number);
    }

    public int etcdPort() {
        return layout.etcdPort(number);
    }

    public Path log() {
        return data.log(number);
    }

    public boolean isRunning() {
        return process().isPresent();
    }

    /** @return the id of the running process */
    public Optional<Long> pid() {
        return process().map(RecordedProcess::pid);
    }

    Optional<RecordedProcess> process() {
        return RecordedProcess.readFrom(data.pidFile(number));
    }

    /**
     * The PostgreSQL server on this node's data, which may outlive a killed node. Its {@code postmaster.pid} identifies
     * it: line 1 is its process id, line 3 the second in which it started.
     */
    Optional<RecordedProcess> postgres() {
        List<String> lines;
        try {
            lines = Files.readAllLines(data.postmasterPid(number));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new LocalClusterException("Cannot read " + data.postmasterPid(number) + ": " + e.getMessage(), e);
        }
        if (lines.size() < 3) {
            return Optional.empty();
        }
        try {
            long pid = Long.parseLong(lines.get(0).trim());
            Instant started = Instant.ofEpochSecond(Long.parseLong(lines.get(2).trim()));
            return RecordedProcess.find(pid, started);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** @return the process id of its PostgreSQL, if it runs */
    public Optional<Long> postgresPid() {
        return postgres().map(RecordedProcess::pid);
    }

    public boolean isPostgresRunning() {
        return postgres().isPresent();
    }

    /** @throws LocalClusterException when another program uses a port that the node needs */
    void requireFreePorts() {
        requireFree(layout.httpPort(number), "REST", "--http-port");
        requireFree(layout.peerPort(number), "peers", "--peer-port");
        requireFree(layout.etcdPort(number), "etcd's API", "--etcd-port");
        if (!isPostgresRunning()) {
            requireFree(layout.postgresPort(number), "PostgreSQL", "--postgres-port");
        }
    }

    private void requireFree(int port, String use, String option) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(Layout.HOST, port));
        } catch (IOException e) {
            throw new LocalClusterException("Port " + port + ", which " + name() + " needs for " + use
                    + ", is in use by another program. To find it, run: lsof -nP -iTCP:" + port
                    + " -sTCP:LISTEN (or ss -ltnp). For a new cluster, choose other ports: " + option + " N.");
        }
    }

    void start(NodeCommand command) {
        try {
            Files.createDirectories(data.node(number));
            rotateLog();
            ProcessBuilder builder = new ProcessBuilder(command.line(number, layout, data));
            // glibc gives each thread its own heap and keeps freed memory there. A node needs few such heaps.
            builder.environment().putIfAbsent("MALLOC_ARENA_MAX", "2");
            Process process = builder.directory(data.node(number).toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                    .start();
            RecordedProcess.of(process.toHandle()).writeTo(data.pidFile(number));
        } catch (IOException e) {
            throw new LocalClusterException("Cannot start " + name() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Runs the node's program until it ends by itself. Meanwhile it counts as the node's process.
     *
     * @param lines receives each line that it prints
     * @return its exit code
     */
    int run(NodeCommand command, Consumer<String> lines) throws InterruptedException {
        Process process = null;
        try {
            Files.createDirectories(data.node(number));
            process = new ProcessBuilder(command.line(number, layout, data))
                    .directory(data.node(number).toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectErrorStream(true)
                    .start();
            RecordedProcess.of(process.toHandle()).writeTo(data.pidFile(number));
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                output.lines().forEach(lines);
            }
            return process.waitFor();
        } catch (IOException e) {
            throw new LocalClusterException("Cannot start " + name() + ": " + e.getMessage(), e);
        } finally {
            if (process != null) {
                process.destroy();
            }
            forget();
        }
    }

    private void rotateLog() throws IOException {
        if (Files.exists(log()) && Files.size(log()) > LOG_KEPT_BYTES) {
            Files.move(log(), log().resolveSibling("node.log.1"), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** @return whether the node reports that it serves */
    boolean isReady(HttpClient http) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url() + "/q/health/ready"))
                .timeout(Duration.ofSeconds(2))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** The result of a stop. */
    enum Stopped {
        CLEANLY,
        KILLED,
        WAS_DOWN
    }

    /**
     * Stops the process cleanly, or by force if that takes too long, and then a PostgreSQL that still runs. It also
     * finds processes whose records were deleted together with the node's directory, and which still hold its ports.
     */
    Stopped stop() throws InterruptedException {
        Stopped how = Stopped.WAS_DOWN;
        for (RecordedProcess process : all(process(), List.of(NodeCommand.dataDirOption(data.node(number))))) {
            how = stop(process) && how != Stopped.KILLED ? Stopped.CLEANLY : Stopped.KILLED;
        }
        Path postgresData = data.postmasterPid(number).getParent();
        for (RecordedProcess postgres : all(postgres(), List.of("-D", postgresData.toString()))) {
            stopPostgres(postgres);
            how = how == Stopped.WAS_DOWN ? Stopped.CLEANLY : how;
        }
        forget();
        return how;
    }

    private static List<RecordedProcess> all(Optional<RecordedProcess> recorded, List<String> arguments) {
        return recorded.map(List::of).orElseGet(() -> RecordedProcess.withArguments(arguments));
    }

    /** @return whether it stopped without force */
    private static boolean stop(RecordedProcess process) throws InterruptedException {
        process.terminate();
        if (process.awaitEnd(STOP_TIMEOUT)) {
            return true;
        }
        process.kill();
        process.awaitEnd(KILL_TIMEOUT);
        return false;
    }

    private static void stopPostgres(RecordedProcess postgres) throws InterruptedException {
        // SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one.
        postgres.signal("INT");
        if (!postgres.awaitEnd(POSTGRES_STOP_TIMEOUT)) {
            postgres.signal("QUIT");
            if (!postgres.awaitEnd(KILL_TIMEOUT)) {
                postgres.kill();
                postgres.awaitEnd(KILL_TIMEOUT);
            }
        }
    }

    /** Kills the process with SIGKILL. Its PostgreSQL keeps running, as in a crash of the node alone. */
    void kill() throws InterruptedException {
        RecordedProcess process = process().orElseThrow(() -> new LocalClusterException(name() + " is not running."));
        process.kill();
        if (!process.awaitEnd(KILL_TIMEOUT)) {
            throw new LocalClusterException(name() + " (process " + process.pid() + ") still runs after SIGKILL.");
        }
        forget();
    }

    private void forget() {
        try {
            Files.deleteIfExists(data.pidFile(number));
        } catch (IOException e) {
            throw new LocalClusterException("Cannot remove " + data.pidFile(number) + ": " + e.getMessage(), e);
        }
    }

    /**
     * @param count maximal number of lines
     * @return the end of the log, indented, for an error message
     */
    String logTail(int count) {
        try {
            List<String> lines = new String(Files.readAllBytes(log()), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            List<String> last = lines.subList(Math.max(0, lines.size() - count), lines.size());
            return "Last lines of " + log() + ":\n    " + String.join("\n    ", last);
        } catch (IOException e) {
            return "Its log " + log() + " cannot be read: " + e.getMessage();
        }
    }
}
