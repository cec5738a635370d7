package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RaftgresException;
import io.raftgres.client.Watch;
import io.raftgres.client.WatchEvent;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All nodes compact the history while clients write: by retention, by the command line, and by REST. */
@Tag("long")
class CompactionIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CLIENTS = 64;
    private static final int KEYS = 1_000;

    /** Revisions of one partition of the history. The nodes are configured to keep this number. */
    private static final long PARTITION = 100_000;

    private static final long KEPT = 100_000;
    private static final long STEP = KEPT / 10;

    /** More revisions than fit into the ring of latest changes and the buffers of a connection. */
    private static final long BEHIND = 40_000;

    private static final Duration LONG = Duration.ofMinutes(5);
    private static final String FIRST_PARTITION = "raftgres.kv_history_0";
    private static final long WINDOW_MILLIS = 100;
    private static final long PAUSE_MILLIS_MAX = 50;

    @TempDir
    Path directory;

    private record Written(String key, String value) {}

    private final ConcurrentSkipListMap<Long, Written> written = new ConcurrentSkipListMap<>();
    /**
     * Each write is a revision. With more writes, a fast machine would compact by count what the test compacts by
     * command.
     */
    private final Semaphore allowed = new Semaphore((int) (PARTITION + KEPT - STEP));

    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicLong failures = new AtomicLong();
    private final long began = System.nanoTime();
    /** Latency of the longest write in each time window since the beginning, in nanoseconds. */
    private final AtomicLongArray longest = new AtomicLongArray((int) (15 * 60_000 / WINDOW_MILLIS));

    @Test
    void compactionDropsHistoryOnly() throws Exception {
        try (Cluster cluster = Cluster.start(
                        directory,
                        Cluster.NODES,
                        "-Draftgres.history-revisions=" + KEPT,
                        "-Draftgres.watch-bytes=1000000");
                RaftgresClient client =
                        RaftgresClient.builder().endpoints(cluster.urls()).build()) {
            List<Thread> writers = startWriters(client);
            try {
                byRetention(cluster);
                byCommand(cluster, client);
            } finally {
                over.set(true);
                allowed.release(CLIENTS);
                for (Thread writer : writers) {
                    writer.join();
                }
            }
            cluster.awaitEqualHashes();
            assertEquals(0, failures.get(), "writes failed");
            System.out.printf("%,d writes by %d clients, none failed%n", written.size(), CLIENTS);
        }
    }

    private void byRetention(Cluster cluster) throws Exception {
        awaitRevision(KEPT / 2);
        for (int node = 1; node <= Cluster.NODES; node++) {
            assertEquals(0, compactedRevision(cluster, node));
        }
        awaitRevision(KEPT + 2 * STEP);
        for (int node = 1; node <= Cluster.NODES; node++) {
            int asked = node;
            long compacted = Cluster.await("compaction by count on node" + node, Duration.ofSeconds(30), () -> {
                long found = compactedRevision(cluster, asked);
                return found > 0 ? found : null;
            });
            long now = cluster.self(node).path("revision").asLong();
            assertTrue(compacted >= STEP && compacted <= now - KEPT, compacted + " at " + now);
            refused(410, "compacted", cluster.request(node, "GET", "/v1/kv?revision=" + (STEP - 1), null));
        }
    }

    private void byCommand(Cluster cluster, RaftgresClient client) throws Exception {
        int stopped = cluster.leader() % Cluster.NODES + 1;
        List<Path> files = new ArrayList<>();
        for (int node = 1; node <= Cluster.NODES; node++) {
            Path file = fileOfFirstPartition(cluster, node);
            assertTrue(Files.size(file) > PARTITION, file + " has " + Files.size(file) + " bytes");
            files.add(file);
        }
        cluster.kill(stopped);
        long first = PARTITION + STEP / 2;
        long second = first + 1_000;
        long startNanos = System.nanoTime();
        String said = cluster.launcher("compact", "" + first, "--endpoint", cluster.url(stopped % Cluster.NODES + 1));
        assertTrue(said.contains("the oldest revision that can be read is " + first), said);
        assertEquals(
                2,
                cluster.tryLauncher("compact", "" + first, "--endpoint", cluster.url(stopped % Cluster.NODES + 1))
                        .exitCode());
        int other = (stopped + 1) % Cluster.NODES + 1;
        HttpResponse<byte[]> done = compact(cluster, other, second);
        assertEquals(200, done.statusCode());
        assertEquals(
                second, JSON.readTree(done.body()).path("compactedRevision").asLong());
        assertEquals(
                second,
                refused(410, "compacted", compact(cluster, other, second))
                        .path("compactedRevision")
                        .asLong());
        refused(400, "future-revision", compact(cluster, other, Long.MAX_VALUE));
        cluster.startNode(stopped);
        for (int node = 1; node <= Cluster.NODES; node++) {
            awaitDropped(cluster, node, files.get(node - 1));
        }
        printPauses(startNanos);
        for (int node = 1; node <= Cluster.NODES; node++) {
            readsStopBelow(cluster, node, second);
            metrics(cluster, node, second);
        }
        watchesStopBelow(client, second);
        allowed.release(Integer.MAX_VALUE / 2);
        watchBehindACompactionIsCancelled(cluster, other);
    }

    /** This watch reads nothing while the others continue. The changes that it has not received are compacted. */
    private void watchBehindACompactionIsCancelled(Cluster cluster, int node) throws Exception {
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(4 << 10);
            socket.setSoTimeout(30_000);
            socket.connect(new InetSocketAddress("127.0.0.1", cluster.httpPort(node)));
            socket.getOutputStream()
                    .write("GET /v1/watch?prefix=c/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            BufferedReader lines = new BufferedReader(
                    new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII), 1 << 10);
            assertEquals("HTTP/1.1 200 OK", lines.readLine());
            long began = written.lastKey();
            awaitRevision(began + BEHIND);
            long oldest = began + BEHIND - 100;
            assertEquals(200, compact(cluster, node, oldest).statusCode());
            long last = 0;
            String line = lines.readLine();
            while (!line.equals("event: compacted")) {
                last = line.startsWith("id: ") ? Long.parseLong(line.substring(4)) : last;
                line = lines.readLine();
                assertNotNull(line, "the stream ended at revision " + last);
            }
            assertTrue(last >= began && last < oldest, last + " between " + began + " and " + oldest);
            String data = lines.readLine();
            assertTrue(data.contains("\"compactedRevision\":" + oldest), data);
        }
    }

    private static HttpResponse<byte[]> compact(Cluster cluster, int node, long revision) throws Exception {
        byte[] body = ("{\"revision\":" + revision + "}").getBytes(StandardCharsets.UTF_8);
        return cluster.request(node, "POST", "/v1/compact", body, "Content-Type", "application/json");
    }

    private static JsonNode refused(int status, String problem, HttpResponse<byte[]> response) throws Exception {
        String text = new String(response.body(), StandardCharsets.UTF_8);
        assertEquals(status, response.statusCode(), text);
        assertTrue(text.contains("/problems/" + problem), text);
        return JSON.readTree(response.body());
    }

    private static void awaitDropped(Cluster cluster, int node, Path file) throws Exception {
        Cluster.await(
                "the first partition of node" + node + " dropped",
                Duration.ofMinutes(1),
                () -> ask(cluster, node, "SELECT to_regclass('" + FIRST_PARTITION + "') IS NULL")
                                .equals("t")
                        ? true
                        : null);
        Cluster.await(
                "its space given back",
                Duration.ofMinutes(1),
                () -> !Files.exists(file) || Files.size(file) == 0 ? true : null);
    }

    /** Below the revision a read is refused. At the revision it returns the keys of that time. */
    private void readsStopBelow(Cluster cluster, int node, long revision) throws Exception {
        long below = revision - 1;
        JsonNode problem = refused(410, "compacted", cluster.request(node, "GET", "/v1/kv?revision=" + below, null));
        assertEquals(revision, problem.path("compactedRevision").asLong());
        refused(410, "compacted", cluster.request(node, "GET", "/v1/kv/c/1?revision=" + below, null));
        refused(410, "compacted", cluster.request(node, "GET", "/v1/watch?prefix=c/&fromRevision=" + below, null));
        SQLException sql =
                assertThrows(SQLException.class, () -> ask(cluster, node, "SELECT count(*) FROM kv_at(" + below + ")"));
        assertTrue(sql.getMessage().contains("has been compacted"), sql.getMessage());

        Map<String, String> expected = new HashMap<>();
        written.headMap(revision, true).values().forEach(each -> expected.put(each.key(), each.value()));
        Map<String, String> found = new HashMap<>();
        for (JsonNode row : cluster.json(node, "/v1/kv?prefix=c/&encoding=text&revision=" + revision)
                .path("kvs")) {
            found.put(row.path("key").asText(), row.path("value").asText());
        }
        assertEquals(expected, found);
        assertEquals("" + expected.size(), ask(cluster, node, "SELECT count(*) FROM kv_at(" + revision + ")"));
    }

    private void watchesStopBelow(RaftgresClient client, long revision) throws Exception {
        byte[] prefix = "c/".getBytes(StandardCharsets.UTF_8);
        assertThrows(RaftgresException.Compacted.class, () -> client.watch(prefix, revision - 1));
        try (Watch watch = client.watch(prefix, revision)) {
            for (long next = revision; next < revision + 1_000; next++) {
                WatchEvent event = watch.next(Duration.ofSeconds(20));
                assertNotNull(event, "nothing came at revision " + next);
                assertEquals(next, event.revision());
                Written wanted = written.get(next);
                assertEquals(wanted.key(), new String(event.key(), StandardCharsets.UTF_8));
                assertArrayEquals(
                        wanted.value().getBytes(StandardCharsets.UTF_8),
                        ((WatchEvent.Put) event).row().value());
            }
        }
    }

    private static void metrics(Cluster cluster, int node, long revision) throws Exception {
        String metrics =
                new String(cluster.request(node, "GET", "/metrics", null).body(), StandardCharsets.UTF_8);
        assertEquals(revision, (long) metric(metrics, "raftgres_compacted_revision"));
        assertEquals(1, (long) metric(metrics, "raftgres_history_partitions_dropped_total"));
        Cluster.await("figures of the history", Duration.ofSeconds(20), () -> {
            String later =
                    new String(cluster.request(node, "GET", "/metrics", null).body(), StandardCharsets.UTF_8);
            return metric(later, "raftgres_history_partitions") >= 1 && metric(later, "raftgres_history_bytes") > 0
                    ? true
                    : null;
        });
    }

    private static double metric(String metrics, String name) {
        return metrics.lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + name + " in the metrics"));
    }

    private static long compactedRevision(Cluster cluster, int node) throws SQLException {
        return Long.parseLong(ask(cluster, node, "SELECT compacted_revision FROM raftgres.status"));
    }

    private static Path fileOfFirstPartition(Cluster cluster, int node) throws SQLException {
        return cluster.directory()
                .resolve("node" + node)
                .resolve("postgres")
                .resolve("data")
                .resolve(ask(cluster, node, "SELECT pg_relation_filepath('" + FIRST_PARTITION + "')"));
    }

    private static String ask(Cluster cluster, int node, String sql) throws SQLException {
        try (Connection connection = cluster.sql(node);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            assertTrue(result.next());
            return result.getString(1);
        }
    }

    private void awaitRevision(long revision) throws Exception {
        Cluster.await(
                "revision " + revision, LONG, () -> !written.isEmpty() && written.lastKey() >= revision ? true : null);
    }

    private List<Thread> startWriters(RaftgresClient client) {
        List<Thread> writers = new ArrayList<>();
        for (int w = 0; w < CLIENTS; w++) {
            int writer = w;
            writers.add(Thread.ofVirtual().start(() -> write(client, writer)));
        }
        return writers;
    }

    /** Each writer has its own keys, so the order of its writes is the order of their revisions. */
    private void write(RaftgresClient client, int writer) {
        for (int i = 0; !over.get(); i++) {
            allowed.acquireUninterruptibly();
            String key = "c/" + (writer + CLIENTS * (i % (KEYS / CLIENTS)));
            String value = i + " " + "x".repeat(200);
            long start = System.nanoTime();
            try {
                written.put(client.put(key, value).revision(), new Written(key, value));
                long now = System.nanoTime();
                longest.accumulateAndGet(window(now), now - start, Math::max);
            } catch (RaftgresException e) {
                failures.incrementAndGet();
                System.out.println("a write failed: " + e.getMessage());
            }
        }
    }

    private int window(long nanos) {
        return (int) ((nanos - began) / 1_000_000 / WINDOW_MILLIS);
    }

    /**
     * @param startNanos time at which compaction by command began; the same length of time before it is the comparison
     */
    private void printPauses(long startNanos) {
        int start = window(startNanos);
        int end = window(System.nanoTime());
        List<Long> before = windows(2 * start - end, start);
        List<Long> during = windows(start, end);
        System.out.printf(
                "longest write in %d ms, before: median %.1f ms, worst %.1f ms; while compacting, a node"
                        + " restarted meanwhile: median %.1f ms, worst %.1f ms%n",
                WINDOW_MILLIS, millis(before, 0.5), millis(before, 1), millis(during, 0.5), millis(during, 1));
        assertTrue(millis(during, 0.5) < millis(before, 0.9) + PAUSE_MILLIS_MAX, "writes paused");
    }

    private List<Long> windows(int from, int to) {
        List<Long> found = new ArrayList<>();
        for (int i = Math.max(0, from); i < to; i++) {
            found.add(longest.get(i));
        }
        return found.stream().sorted().toList();
    }

    private static double millis(List<Long> sorted, double part) {
        return sorted.get((int) Math.ceil(part * sorted.size()) - 1) / 1e6;
    }
}
