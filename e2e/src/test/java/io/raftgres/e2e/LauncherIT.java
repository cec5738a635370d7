package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher as a user runs it: a cluster from its first start to its last stop, and the command line on it. */
@Tag("long")
class LauncherIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int DONE = 0;
    private static final int NOT_FOUND = 1;
    private static final int USAGE = 2;
    private static final int NOT_DONE = 3;
    private static final int INTERRUPTED = 130;

    @TempDir
    Path directory;

    @Test
    void aClustersLife() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            statusTellsNodesAndProcesses(cluster);
            putGetDelete(cluster);
            lists(cluster);
            watches(cluster);
            refusals(cluster);
            killStopStart(cluster);
            secondUpsAreRefused(cluster);
            cli(cluster, DONE, "put", "kept", "over a restart");
            List<ProcessHandle> processes = processes(cluster);
            cli(cluster, DONE, "down");
            assertAllEnded(processes);
            contains(cli(cluster, NOT_DONE, "status"), "down");
            cli(cluster, DONE, "down");
            upUntilCtrlC(cluster);
            cluster.up("--fresh");
            contains(cli(cluster, NOT_FOUND, "get", "kept"), "There is no key 'kept'");
            processes = processes(cluster);
            cli(cluster, DONE, "down");
            assertAllEnded(processes);
        }
    }

    private static void statusTellsNodesAndProcesses(Cluster cluster) throws Exception {
        contains(cli(cluster, DONE, "status"), "leader node", "node1", "node2", "node3", "follower", "running");
        JsonNode status = JSON.readTree(cli(cluster, DONE, "status", "-o", "json"));
        assertEquals(Cluster.NODES, status.path("cluster").path("members").size());
        assertEquals(Cluster.NODES, status.path("processes").size());
        for (int node = 1; node <= Cluster.NODES; node++) {
            JsonNode process = status.path("processes").get(node - 1);
            assertEquals(cluster.nodePid(node), process.path("pid").asLong());
            assertTrue(process.path("postgresRunning").asBoolean());
            assertEquals(cluster.url(node), process.path("url").asText());
        }
    }

    private void putGetDelete(Cluster cluster) throws Exception {
        contains(cli(cluster, DONE, "put", "a/1", "one"), "created at revision");
        contains(cli(cluster, DONE, "put", "a/1", "one again"), "replaced at revision");
        assertEquals("one again", cli(cluster, DONE, "get", "a/1").strip());
        JsonNode put = JSON.readTree(cli(cluster, DONE, "put", "a/2", "two, \u00e9\u6f22", "-o", "json"));
        assertTrue(put.path("created").asBoolean());
        long revision = put.path("revision").asLong();
        JsonNode got = JSON.readTree(cli(cluster, DONE, "get", "a/2", "-o", "json"));
        assertEquals("two, \u00e9\u6f22", got.path("value").asText());
        assertEquals(revision, got.path("modRevision").asLong());
        contains(cli(cluster, DONE, "get", "a/2", "-o", "table"), "KEY", "VALUE", "a/2", "" + revision);
        Path file = Files.writeString(directory.resolve("value"), "from a file");
        cli(cluster, DONE, "put", "a/3", "--file", file.toString());
        assertEquals(
                "from a file",
                cli(cluster, DONE, "get", "a/3", "--endpoint", cluster.url(3)).strip());
        contains(cli(cluster, NOT_FOUND, "put", "a/3", "never", "--if-revision", "1"), "Not done", "is at revision");
        contains(cli(cluster, DONE, "delete", "a/3"), "deleted 1 key");
        contains(cli(cluster, NOT_FOUND, "delete", "a/3"), "There is no key 'a/3'");
        contains(cli(cluster, NOT_FOUND, "get", "a/3"), "There is no key 'a/3'");
    }

    private static void lists(Cluster cluster) throws Exception {
        contains(cli(cluster, DONE, "get", "--prefix", "a/"), "KEY", "a/1", "one again", "a/2");
        assertEquals(
                List.of("a/1\tone again", "a/2\ttwo, \u00e9\u6f22"),
                cli(cluster, DONE, "get", "--prefix", "a/", "-o", "plain")
                        .lines()
                        .toList());
        List<String> lines = cli(cluster, DONE, "get", "--prefix", "a/", "--keys-only", "-o", "json")
                .lines()
                .toList();
        assertEquals(2, lines.size(), lines::toString);
        assertEquals("a/2", JSON.readTree(lines.get(1)).path("key").asText());
        assertFalse(JSON.readTree(lines.get(1)).has("value"));
        contains(cli(cluster, DONE, "delete", "--prefix", "a/", "-o", "json"), "\"deleted\":2");
        assertEquals("", cli(cluster, DONE, "get", "--prefix", "a/", "-o", "plain"));
    }

    /** A watch from a revision, so its start time does not matter. */
    private static void watches(Cluster cluster) throws Exception {
        long first = JSON.readTree(cli(cluster, DONE, "put", "w/1", "one", "-o", "json"))
                .path("revision")
                .asLong();
        cli(cluster, DONE, "put", "elsewhere", "unseen");
        cli(cluster, DONE, "delete", "w/1");
        cli(cluster, DONE, "put", "w/2", "two");
        String[] watch = {"watch", "--prefix", "w/", "--from-revision", "" + first, "--count", "3"};
        List<String> lines = cli(cluster, DONE, watch).lines().toList();
        assertEquals(3, lines.size(), lines::toString);
        contains(lines.get(0), "" + first, "put", "w/1 = one");
        contains(lines.get(1), "" + (first + 2), "delete", "w/1");
        contains(lines.get(2), "" + (first + 3), "put", "w/2 = two");
        List<String> asJson = new ArrayList<>(List.of(watch));
        asJson.addAll(List.of("-o", "json"));
        lines = cli(cluster, DONE, asJson.toArray(String[]::new)).lines().toList();
        assertEquals("delete", JSON.readTree(lines.get(1)).path("event").asText());
        assertEquals(first + 2, JSON.readTree(lines.get(1)).path("revision").asLong());
    }

    private static void refusals(Cluster cluster) throws Exception {
        contains(cli(cluster, USAGE, "get"), "--help");
        contains(cli(cluster, USAGE, "put", "key", "value", "-o", "xml"), "xml");
        contains(cli(cluster, USAGE, "put", "", "value"), "key");
        contains(cli(cluster, USAGE, "put", "k".repeat(9_000), "value"), "8192");
        contains(
                cli(cluster, NOT_DONE, "get", "key", "--endpoint", "http://127.0.0.1:1", "--timeout", "3s"),
                "Is the cluster up?");
        Cluster.Result unknown = cluster.tryLauncher("frobnicate");
        assertEquals(USAGE, unknown.exitCode());
        contains(unknown.output(), "There is no command 'frobnicate'");
    }

    private static void killStopStart(Cluster cluster) throws Exception {
        long postgres = cluster.postgresPid(2);
        cli(cluster, DONE, "node", "kill", "2");
        contains(cli(cluster, DONE, "status"), "down");
        assertTrue(ProcessHandle.of(postgres).isPresent(), "PostgreSQL continues without its node");
        cli(cluster, NOT_DONE, "node", "kill", "2");
        cli(cluster, DONE, "put", "without", "node2", "--timeout", "30s");
        contains(cli(cluster, DONE, "node", "start", "2"), "node2 serves after");
        contains(cli(cluster, NOT_DONE, "node", "start", "2"), "already running");
        contains(cli(cluster, DONE, "node", "stop", "3"), "node3 stopped");
        contains(cli(cluster, DONE, "node", "start", "3"), "node3 serves after");
        // Two of three nodes have just started again: on a busy machine there may be an election meanwhile.
        String[] get = {"get", "without", "--endpoint", cluster.url(3), "--timeout", "30s"};
        assertEquals("node2", cli(cluster, DONE, get).strip());
        contains(cli(cluster, NOT_DONE, "node", "stop", "7"), "There is no node 7");
    }

    private void secondUpsAreRefused(Cluster cluster) throws Exception {
        contains(cli(cluster, NOT_DONE, "up", "--detach"), "already up");
        Path other = directory.resolve("other");
        Cluster.Result taken = cluster.tryLauncher(
                "up",
                "--detach",
                "--data",
                other.toString(),
                "--http-port",
                "" + cluster.httpPort(1),
                "--peer-port",
                "1234",
                "--postgres-port",
                "1244",
                "--etcd-port",
                "1254");
        assertEquals(NOT_DONE, taken.exitCode(), taken.output());
        contains(taken.output(), "Port " + cluster.httpPort(1), "in use");
        assertFalse(Files.exists(other.resolve("node1")), "a refused start leaves nothing behind");
        Path foreign = Files.createDirectories(directory.resolve("foreign"));
        Files.writeString(foreign.resolve("precious"), "mine");
        Cluster.Result refused = cluster.tryLauncher("up", "--detach", "--fresh", "--data", foreign.toString());
        assertEquals(NOT_DONE, refused.exitCode(), refused.output());
        assertEquals("mine", Files.readString(foreign.resolve("precious")));
    }

    /** The launcher remembers the ports and keeps the data, and Ctrl-C ends all processes. */
    private void upUntilCtrlC(Cluster cluster) throws Exception {
        Path output = directory.resolve("up.out");
        List<String> line = new ArrayList<>(interruptible());
        line.addAll(List.of(
                Cluster.root().resolve("raftgres").toString(),
                "up",
                "--data",
                cluster.directory().toString()));
        Process up = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            Cluster.await("the cluster to serve", Duration.ofSeconds(120), () -> {
                assertTrue(up.isAlive(), () -> "up has ended: " + read(output));
                return read(output).contains("runs until Ctrl-C") ? true : null;
            });
            contains(read(output), "etcdctl --endpoints 127.0.0.1:" + cluster.etcdPort(1) + ",127.0.0.1:");
            assertEquals("over a restart", cli(cluster, DONE, "get", "kept").strip());
            List<ProcessHandle> processes = processes(cluster);
            long begun = System.nanoTime();
            assertEquals(
                    0, new ProcessBuilder("kill", "-INT", "" + up.pid()).start().waitFor());
            assertTrue(up.waitFor(60, TimeUnit.SECONDS), () -> "up continues after Ctrl-C: " + read(output));
            System.out.printf(
                    "Ctrl-C to the end of all processes: %d ms%n",
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
            assertEquals(INTERRUPTED, up.exitValue(), () -> read(output));
            contains(read(output), "Stopping", "node1 stopped", "node2 stopped", "node3 stopped");
            assertAllEnded(processes);
        } finally {
            up.destroyForcibly();
        }
    }

    /** A prefix for the command. Shells make background jobs and their children ignore Ctrl-C; this undoes it. */
    private static List<String> interruptible() {
        return Files.isExecutable(Path.of("/usr/bin/perl"))
                ? List.of("/usr/bin/perl", "-e", "$SIG{INT} = 'DEFAULT'; exec { $ARGV[0] } @ARGV or die $!")
                : List.of();
    }

    @Test
    void findsAJdkWhateverJavaIsOnThePath() throws Exception {
        Path fake = Files.createDirectories(directory.resolve("old/bin"));
        for (String program : List.of("java", "javac")) {
            Files.writeString(fake.resolve(program), "#!/bin/sh\necho 'openjdk version \"1.8.0_292\"' >&2\nexit 1\n");
            Files.setPosixFilePermissions(fake.resolve(program), PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Path jdks = Files.createDirectories(directory.resolve("home/.jdks"));
        Files.createSymbolicLink(jdks.resolve("here"), Path.of(System.getProperty("java.home")));
        Map<String, String> environment = Map.of(
                "PATH",
                fake + ":" + System.getenv("PATH"),
                "JAVA_HOME",
                "",
                "JDK_HOME",
                "",
                "HOME",
                directory.resolve("home").toString());
        Cluster.Result version = Cluster.tryProgram(environment, Cluster.root().resolve("raftgres"), "version");
        assertEquals(DONE, version.exitCode(), version.output());
        contains(version.output(), "Raftgres");
    }

    /** A launcher that needs a Java which does not exist finds none. */
    @Test
    void launcherNamesTheJdkToInstall() throws Exception {
        String script = Files.readString(Cluster.root().resolve("raftgres"));
        String futuristic = script.replace("java_needed=25", "java_needed=99");
        assertFalse(futuristic.equals(script));
        Path launcher = Files.writeString(directory.resolve("raftgres"), futuristic);
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        Cluster.Result result = Cluster.tryProgram(Map.of(), launcher, "up");
        assertEquals(NOT_DONE, result.exitCode(), result.output());
        contains(result.output(), "No JDK 99 or later was found", "JAVA_HOME", "adoptium.net");
    }

    private static String cli(Cluster cluster, int exitCode, String... arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of(arguments));
        line.addAll(List.of("--data", cluster.directory().toString()));
        Cluster.Result result = cluster.tryLauncher(line.toArray(String[]::new));
        assertEquals(
                exitCode,
                result.exitCode(),
                () -> "raftgres " + String.join(" ", arguments) + ": " + oneLine(result.output()));
        return result.output();
    }

    private static void contains(String text, String... parts) {
        for (String part : parts) {
            assertTrue(text.contains(part), () -> "there is no '" + part + "' in: " + oneLine(text));
        }
    }

    /** The summary of tests has the first line of a failure's message. */
    private static String oneLine(String text) {
        return text.strip().replace("\n", " / ");
    }

    /** @return all processes of the cluster: nodes, PostgreSQLs and their children */
    private static List<ProcessHandle> processes(Cluster cluster) throws IOException {
        List<ProcessHandle> processes = new ArrayList<>();
        for (int node = 1; node <= Cluster.NODES; node++) {
            for (long pid : List.of(cluster.nodePid(node), cluster.postgresPid(node))) {
                ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
                processes.add(process);
                process.descendants().forEach(processes::add);
            }
        }
        return processes;
    }

    /** PostgreSQL's children may take a moment to notice that the server has ended. */
    private static void assertAllEnded(List<ProcessHandle> processes) throws Exception {
        assertTrue(processes.size() > 2 * Cluster.NODES);
        for (ProcessHandle process : processes) {
            Cluster.await(
                    "the end of process " + process.pid() + " "
                            + process.info().commandLine().orElse(""),
                    Duration.ofSeconds(5),
                    () -> Cluster.runs(process) ? null : true);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "cannot read " + file + ": " + e.getMessage();
        }
    }
}
