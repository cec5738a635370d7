package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * A cluster of real processes on free ports, in a new directory. The test starts and disturbs it through the launcher,
 * as a user would.
 */
public final class Cluster implements AutoCloseable {

    static final int NODES = 3;
    private static final int MAX_NODES = 9;
    /** Ports: ten of each of four kinds. */
    private static final int PORTS = 40;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LAUNCHER_TIMEOUT = Duration.ofMinutes(5);

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final Path directory;
    private final int httpPort;
    private final int peerPort;
    private final int postgresPort;
    private final int etcdPort;

    private final Map<String, String> environment;

    private Cluster(Path directory, int firstPort, Map<String, String> environment) {
        this.directory = directory;
        this.environment = environment;
        this.httpPort = firstPort;
        this.peerPort = firstPort + 10;
        this.postgresPort = firstPort + 20;
        this.etcdPort = firstPort + 30;
    }

    public static Cluster start(Path directory) throws Exception {
        return start(directory, NODES);
    }

    /** @param options of the nodes' processes, such as -Draftgres.scrub-interval=2s */
    public static Cluster start(Path directory, int nodes, String... options) throws Exception {
        Cluster cluster = prepared(directory, options);
        cluster.up("--nodes", "" + nodes);
        return cluster;
    }

    /** Restores a snapshot with the launcher, and starts the new cluster. */
    public static Cluster restored(Path directory, Path snapshot) throws Exception {
        Cluster cluster = prepared(directory);
        cluster.launcher(
                "restore",
                snapshot.toString(),
                "--data",
                cluster.directory.toString(),
                "--http-port",
                "" + cluster.httpPort,
                "--peer-port",
                "" + cluster.peerPort,
                "--postgres-port",
                "" + cluster.postgresPort,
                "--etcd-port",
                "" + cluster.etcdPort);
        cluster.up();
        return cluster;
    }

    /** Prepares a cluster without starting it. */
    static Cluster prepared(Path directory, String... options) throws IOException {
        return new Cluster(
                directory.resolve("data"),
                freePorts(),
                options.length == 0 ? Map.of() : Map.of("RAFTGRES_NODE_JAVA_OPTS", String.join(" ", options)));
    }

    void up(String... options) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(
                "up",
                "--detach",
                "--data",
                directory.toString(),
                "--http-port",
                "" + httpPort,
                "--peer-port",
                "" + peerPort,
                "--postgres-port",
                "" + postgresPort,
                "--etcd-port",
                "" + etcdPort));
        line.addAll(List.of(options));
        launcher(line.toArray(String[]::new));
    }

    private static int freePorts() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            int first = 20_000 + PORTS * ThreadLocalRandom.current().nextInt(300);
            if (allFree(first)) {
                return first;
            }
        }
        throw new IOException("no free ports found");
    }

    private static boolean allFree(int first) {
        for (int port = first; port < first + PORTS; port++) {
            try (ServerSocket socket = new ServerSocket(port)) {
                socket.setReuseAddress(true);
            } catch (IOException e) {
                return false;
            }
        }
        return true;
    }

    public static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("raftgres")) ? here : here.getParent();
    }

    /**
     * Runs the launcher until it ends. Fails if the launcher fails.
     *
     * @return its output
     */
    String launcher(String... arguments) throws IOException, InterruptedException {
        Result result = tryLauncher(arguments);
        assertEquals(0, result.exitCode(), () -> "raftgres " + String.join(" ", arguments) + ":\n" + result.output());
        return result.output();
    }

    record Result(int exitCode, String output) {}

    Result tryLauncher(String... arguments) throws IOException, InterruptedException {
        return tryProgram(environment, root().resolve("raftgres"), arguments);
    }

    static Result tryProgram(Map<String, String> environment, Path program, String... arguments)
            throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(program.toString()));
        line.addAll(List.of(arguments));
        Path output = Files.createTempFile("launcher", ".out");
        ProcessBuilder builder =
                new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        boolean ended = process.waitFor(LAUNCHER_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        String text = Files.readString(output);
        Files.delete(output);
        if (!ended) {
            process.destroyForcibly();
            throw new IllegalStateException("raftgres " + String.join(" ", arguments) + " has not ended: " + text);
        }
        return new Result(process.exitValue(), text);
    }

    public String url(int node) {
        return "http://127.0.0.1:" + (httpPort + node - 1);
    }

    List<String> urls() {
        return List.of(url(1), url(2), url(3));
    }

    /** @return URLs of the nodes 1 to {@code nodes}, whether they run or not */
    List<String> urls(int nodes) {
        return IntStream.rangeClosed(1, nodes).mapToObj(this::url).toList();
    }

    /** Runs a command of the launcher on this cluster's directory, such as {@code node add}. */
    public String run(String... command) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(command));
        line.addAll(List.of("--data", directory.toString()));
        return launcher(line.toArray(String[]::new));
    }

    /** @return the member with this name in the node's status; null if there is none */
    JsonNode member(int asked, String name) throws IOException, InterruptedException {
        for (JsonNode member : view(asked).path("members")) {
            if (member.path("name").asText().equals(name)) {
                return member;
            }
        }
        return null;
    }

    /** @return value of the metric without labels, or with exactly these; NaN if there is none */
    double metric(int node, String name) throws IOException, InterruptedException {
        String text = new String(request(node, "GET", "/metrics", null).body(), StandardCharsets.UTF_8);
        return text.lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{") && line.contains("} "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElse(Double.NaN);
    }

    public int peerPort(int node) {
        return peerPort + node - 1;
    }

    public int etcdPort(int node) {
        return etcdPort + node - 1;
    }

    /** @return the nodes 1 to 3 as endpoints for etcd's clients */
    public String etcdEndpoints() {
        return "127.0.0.1:" + etcdPort(1) + ",127.0.0.1:" + etcdPort(2) + ",127.0.0.1:" + etcdPort(3);
    }

    int httpPort(int node) {
        return httpPort + node - 1;
    }

    Path directory() {
        return directory;
    }

    Path log(int node) {
        return directory.resolve("node" + node).resolve("node.log");
    }

    /** Kills the node's process with SIGKILL. Its PostgreSQL continues. */
    public void kill(int node) throws Exception {
        launcher("node", "kill", "" + node, "--data", directory.toString());
    }

    /** Kills the node's process with SIGKILL, also while another command waits for the node. */
    public void killProcess(int node) throws Exception {
        ProcessHandle process = ProcessHandle.of(nodePid(node)).orElseThrow();
        process.destroyForcibly();
        await("node" + node + " to be dead", Duration.ofSeconds(20), () -> runs(process) ? null : true);
    }

    public void startNode(int node) throws Exception {
        launcher("node", "start", "" + node, "--data", directory.toString());
    }

    /**
     * Starts a node that may take long to become ready, or never does.
     *
     * @return the launcher's command; it waits for the node, and ends when the node is ready or dead
     */
    Thread startBlindly(int node) throws Exception {
        Thread command = Thread.ofVirtual().start(() -> {
            try {
                tryLauncher("node", "start", "" + node, "--data", directory.toString());
            } catch (IOException e) {
                System.out.println("starting node" + node + ": " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        await(
                "node" + node + " to answer",
                Duration.ofSeconds(60),
                () -> request(node, "GET", "/q/health/live", null).statusCode() == 200 ? true : null);
        return command;
    }

    void stopNode(int node) throws Exception {
        launcher("node", "stop", "" + node, "--data", directory.toString());
    }

    long nodePid(int node) throws IOException {
        String text = Files.readString(directory.resolve("node" + node).resolve("node.pid"));
        return Long.parseLong(text.strip().split("\\s+")[0]);
    }

    long postgresPid(int node) throws IOException {
        Path file = directory
                .resolve("node" + node)
                .resolve("postgres")
                .resolve("data")
                .resolve("postmaster.pid");
        return Long.parseLong(Files.readAllLines(file).getFirst().strip());
    }

    /** Kills the node's PostgreSQL with SIGKILL. */
    void killPostgres(int node) throws IOException {
        ProcessHandle.of(postgresPid(node)).orElseThrow().destroyForcibly();
    }

    /** @return all processes of the node's PostgreSQL server */
    List<Long> postgresProcesses(int node) throws IOException {
        ProcessHandle server = ProcessHandle.of(postgresPid(node)).orElseThrow();
        List<Long> all = new ArrayList<>(List.of(server.pid()));
        server.descendants().forEach(each -> all.add(each.pid()));
        return all;
    }

    /** @param signal its name without SIG; skips processes that have ended meanwhile */
    static void signal(String signal, List<Long> processes) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("kill", "-" + signal));
        processes.forEach(process -> line.add("" + process));
        new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    /** @return memory that the node's process uses, without its PostgreSQL, in MiB */
    long residentMib(int node) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", "" + nodePid(node), "status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
            }
        }
        throw new IOException("no VmRSS of node" + node);
    }

    String jdbcUrl(int node) {
        return "jdbc:postgresql://127.0.0.1:" + (postgresPort + node - 1) + "/raftgres";
    }

    Connection sql(int node) throws SQLException {
        return DriverManager.getConnection(jdbcUrl(node) + "?user=raftgres_reader&connectTimeout=5&socketTimeout=60");
    }

    /** Connects as the owner of the tables, the role that only the node itself uses. */
    Connection ownerSql(int node) throws SQLException, IOException {
        Path password = directory.resolve("node" + node).resolve("postgres").resolve("data.password");
        return DriverManager.getConnection(
                jdbcUrl(node) + "?connectTimeout=5",
                "raftgres",
                Files.readString(password).strip());
    }

    HttpResponse<byte[]> request(int node, String method, String path, byte[] body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url(node) + path))
                .timeout(Duration.ofSeconds(20))
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        if (body != null && !method.equals("PUT") && headers.length == 0) {
            request.header("Content-Type", "application/json");
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    HttpResponse<byte[]> put(int node, String key, String value) throws IOException, InterruptedException {
        return request(node, "PUT", "/v1/kv/" + key, value.getBytes(StandardCharsets.UTF_8));
    }

    String get(int node, String key) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = request(node, "GET", "/v1/kv/" + key, null);
        assertEquals(200, response.statusCode(), () -> new String(response.body(), StandardCharsets.UTF_8));
        return new String(response.body(), StandardCharsets.UTF_8);
    }

    JsonNode view(int node) throws IOException, InterruptedException {
        return JSON.readTree(request(node, "GET", "/v1/cluster", null).body());
    }

    /** @return the body of a GET, which must succeed */
    JsonNode json(int node, String path) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = request(node, "GET", path, null);
        assertEquals(200, response.statusCode(), () -> new String(response.body(), StandardCharsets.UTF_8));
        return JSON.readTree(response.body());
    }

    /** @return false also for a process that has ended and that its parent has not reaped yet */
    static boolean runs(ProcessHandle process) throws IOException {
        Path stat = Path.of("/proc", "" + process.pid(), "stat");
        return process.isAlive()
                && !(Files.exists(stat) && Files.readString(stat).contains(") Z "));
    }

    /** @return the node's own entry in its status */
    JsonNode self(int node) throws IOException, InterruptedException {
        JsonNode view = view(node);
        for (JsonNode member : view.path("members")) {
            if (member.path("id").asText().equals(view.path("self").asText())) {
                return member;
            }
        }
        throw new IOException("node" + node + " is not among its members: " + view);
    }

    /** @return number of the leader, as soon as a node reports itself as the leader */
    public int leader() throws Exception {
        return await("a leader", Duration.ofSeconds(30), () -> {
            for (int node = 1; node <= MAX_NODES; node++) {
                try {
                    if (self(node).path("role").asText().equals("leader")) {
                        return node;
                    }
                } catch (IOException e) {
                    // It is down.
                }
            }
            return null;
        });
    }

    /** @return number of the leader, as one of these nodes reports it */
    int leaderOf(int... asked) throws Exception {
        return await("a leader", Duration.ofSeconds(30), () -> {
            for (int node : asked) {
                try {
                    String name = view(node).path("leader").path("name").asText("");
                    if (name.startsWith("node")) {
                        return Integer.valueOf(name.substring("node".length()));
                    }
                } catch (IOException e) {
                    // It is down.
                }
            }
            return null;
        });
    }

    /** Waits until node 1 reports this version of the cluster. */
    public void awaitVersion(int version) throws Exception {
        await(
                "the cluster to be of version " + version,
                Duration.ofSeconds(60),
                () -> view(1).path("clusterVersion").asInt() >= version ? true : null);
    }

    boolean isReady(int node) {
        try {
            return request(node, "GET", "/q/health/ready", null).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Waits until all nodes have applied and stored the same index.
     *
     * @return their common hash
     */
    String awaitEqualHashes() throws Exception {
        return awaitEqualHashes(1, 2, 3);
    }

    String awaitEqualHashes(int... nodes) throws Exception {
        return await("equal applied index and hash on all nodes", Duration.ofSeconds(120), () -> {
            String shared = null;
            for (int node : nodes) {
                JsonNode self = self(node);
                if (self.path("storedIndex").asLong()
                        != self.path("appliedIndex").asLong()) {
                    return null;
                }
                String hash = self.path("hashIndex").asText() + "/"
                        + self.path("hash").asText();
                if (shared != null && !shared.equals(hash)) {
                    return null;
                }
                shared = hash;
            }
            return shared;
        });
    }

    /**
     * Waits for a condition.
     *
     * @param probe returns null, or throws an IOException, for: not yet
     */
    static <T> T await(String what, Duration most, Callable<T> probe) throws Exception {
        return Await.until(what, most, 10, () -> "", e -> e instanceof IOException || e instanceof SQLException, probe);
    }

    /** Stops all processes, and copies the nodes' log files out of the temporary directory. */
    @Override
    public void close() throws IOException {
        http.close();
        try {
            launcher("down", "--data", directory.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the cluster stopped", e);
        }
        Path kept = root().resolve("e2e/target/node-logs")
                .resolve(directory.getParent().getFileName());
        Files.createDirectories(kept);
        for (int node = 1; node <= MAX_NODES; node++) {
            if (Files.exists(log(node))) {
                Files.copy(log(node), kept.resolve("node" + node + ".log"), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }
}
