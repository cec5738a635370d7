package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.client.Consistency;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RaftgresException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Invalid input on both ports of every node while clients write: the node sends a clear response or closes the
 * connection, and no write is lost.
 */
@Tag("long")
class HostileInputIT {

    private static final long SEED = Long.getLong("e2e.seed", 1);
    private static final int ATTACKERS = 4;
    private static final int REQUESTS = Integer.getInteger("e2e.hostile.requests", 2_000);
    private static final int PEERS = Integer.getInteger("e2e.hostile.peers", 300);
    /** A client without a response closes its side of the connection; then the node must end it. */
    private static final int PATIENCE_MILLIS = 200;

    private static final int END_MILLIS = 30_000;
    /** More connections than a node accepts at a time. */
    private static final int ABANDONED_WATCHES = 4_200;

    private static final int SLOW_CONNECTIONS = 10;
    /** The node waits 30 s for a body, and 75 s on a silent connection. */
    private static final Duration SLOWEST_END = Duration.ofSeconds(100);

    private static final int MAX_RESPONSE_BYTES = 1 << 20;
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ");

    @TempDir
    Path directory;

    private final Map<Integer, LongAdder> statuses = new ConcurrentSkipListMap<>();
    private final LongAdder closedOnly = new LongAdder();
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();
    private final AtomicBoolean over = new AtomicBoolean();

    @Test
    void nonsenseNeitherStopsNorHangsANodeNorLosesAWrite() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            List<Long> processes = processes(cluster);
            List<Thread> slow = startSlow(cluster);
            Thread writer = Thread.ofVirtual().start(() -> write(cluster));
            for (byte[] request : HostileRequests.wrong()) {
                refused(cluster.httpPort(1), request);
            }
            for (int i = 0; i < ABANDONED_WATCHES; i++) {
                abandonWatch(cluster.httpPort(1));
            }
            join(startFuzz(cluster), Duration.ofMinutes(5));
            join(startPeers(cluster), Duration.ofMinutes(3));
            join(slow, SLOWEST_END.multipliedBy(2));
            over.set(true);
            writer.join();
            System.out.printf(
                    "seed %d: responses by status %s, %d connections closed without one; %d writes meanwhile%n",
                    SEED, statuses, closedOnly.sum(), acknowledged.size());
            assertEquals(List.of(), List.copyOf(faults).subList(0, Math.min(10, faults.size())), () -> "seed " + SEED);
            assertEquals(processes, processes(cluster));
            for (long pid : processes) {
                assertTrue(Cluster.runs(ProcessHandle.of(pid).orElseThrow()));
            }
            writesAtOnce(cluster);
            nothingLeftBehind(cluster);
            System.out.println("hash on all nodes: " + cluster.awaitEqualHashes());
            checkAcknowledged(cluster);
        }
    }

    private static List<Long> processes(Cluster cluster) throws IOException {
        List<Long> ids = new ArrayList<>();
        for (int node = 1; node <= Cluster.NODES; node++) {
            ids.add(cluster.nodePid(node));
            ids.add(cluster.postgresPid(node));
        }
        return ids;
    }

    private static void join(List<Thread> threads, Duration most) throws InterruptedException {
        for (Thread thread : threads) {
            assertTrue(thread.join(most), thread.getName() + " has not ended");
        }
    }

    // HTTP

    private List<Thread> startFuzz(Cluster cluster) {
        List<Thread> attackers = new ArrayList<>();
        for (int i = 0; i < ATTACKERS; i++) {
            int number = i;
            attackers.add(Thread.ofVirtual().name("attacker-" + i).start(() -> {
                HostileRequests requests = new HostileRequests(SEED * 1_000 + number);
                for (int k = 0; k < REQUESTS / ATTACKERS; k++) {
                    byte[] request = requests.next();
                    statusesOf(cluster.httpPort(1 + k % Cluster.NODES), request);
                }
            }));
        }
        return attackers;
    }

    /** Sends a request that is invalid by itself. */
    private void refused(int port, byte[] request) {
        for (int status : statusesOf(port, request)) {
            if (status < 400 || status > 499) {
                faults.add("status " + status + " for " + text(request));
            }
        }
    }

    /**
     * Sends bytes and reads until the connection ends, which it must.
     *
     * @return the statuses of the responses
     */
    private List<Integer> statusesOf(int port, byte[] request) {
        ByteArrayOutputStream response = new ByteArrayOutputStream();
        try (RawConnection connection = new RawConnection(port, END_MILLIS)) {
            sendAndRead(connection, request, response);
        } catch (SocketTimeoutException e) {
            faults.add("a connection hangs after " + text(request));
        } catch (IOException e) {
            // The node has closed the connection, perhaps before it had read all bytes.
        }
        List<Integer> found = new ArrayList<>();
        Matcher matcher = STATUS.matcher(response.toString(StandardCharsets.ISO_8859_1));
        while (matcher.find()) {
            int status = Integer.parseInt(matcher.group(1));
            found.add(status);
            statuses.computeIfAbsent(status, each -> new LongAdder()).increment();
            if (status == 500) {
                faults.add("status 500 for " + text(request));
            }
        }
        if (found.isEmpty()) {
            closedOnly.increment();
        }
        return found;
    }

    private static void sendAndRead(RawConnection connection, byte[] request, ByteArrayOutputStream response)
            throws IOException {
        connection.send(request);
        connection.timeoutMillis(PATIENCE_MILLIS);
        boolean halfClosed = false;
        while (response.size() < MAX_RESPONSE_BYTES) {
            int next;
            try {
                next = connection.read();
            } catch (SocketTimeoutException e) {
                if (halfClosed) {
                    throw e;
                }
                halfClosed = true;
                connection.halfClose();
                connection.timeoutMillis(END_MILLIS);
                continue;
            }
            if (next < 0) {
                return;
            }
            response.write(next);
        }
    }

    /** Closes a watch's connection when a part of the next request has been sent. */
    private static void abandonWatch(int port) throws IOException {
        try (RawConnection connection = new RawConnection(port, END_MILLIS)) {
            connection.send("GET /v1/watch HTTP/1.1\r\nhost: localhost\r\n\r\n");
            assertEquals('H', connection.read());
            connection.send("PUT /v1/kv/%FFnever HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nv");
            assertEquals('T', connection.read());
        }
    }

    /** Connections that strangers left open do not take up places permanently. */
    private static void nothingLeftBehind(Cluster cluster) throws Exception {
        for (int node = 1; node <= Cluster.NODES; node++) {
            for (String metric : List.of("watches_open", "writes_in_flight", "reads_in_flight")) {
                Pattern line = Pattern.compile("(?m)^raftgres_" + metric + "(?:\\{[^}]*})? (\\S+)$");
                int each = node;
                Cluster.await("raftgres_" + metric + " of node" + node + " to be 0", Duration.ofSeconds(30), () -> {
                    String metrics = new String(
                            cluster.request(each, "GET", "/metrics", null).body(), StandardCharsets.UTF_8);
                    Matcher found = line.matcher(metrics);
                    assertTrue(found.find(), () -> "there is no " + metric + " in " + metrics);
                    return Double.parseDouble(found.group(1)) == 0 ? true : null;
                });
            }
        }
    }

    private static String text(byte[] request) {
        String text = new String(request, 0, Math.min(300, request.length), StandardCharsets.ISO_8859_1);
        return text.replace("\r", "\\r").replace("\n", "\\n") + (request.length > 300 ? "..." : "");
    }

    // Slow clients

    private List<Thread> startSlow(Cluster cluster) {
        List<Thread> slow = new ArrayList<>();
        for (int i = 0; i < SLOW_CONNECTIONS; i++) {
            int port = cluster.httpPort(1 + i % Cluster.NODES);
            slow.add(Thread.ofVirtual().name("silent-" + i).start(() -> drip(port, "", "")));
            slow.add(Thread.ofVirtual()
                    .name("slow-head-" + i)
                    .start(() -> drip(port, "GET /v1/kv/a HTTP/1.1\r\nhost: localhost\r\n", "x: y\r\n")));
            slow.add(Thread.ofVirtual()
                    .name("slow-body-" + i)
                    .start(() -> drip(
                            port,
                            "PUT /v1/kv/%FFslow HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n",
                            "v")));
        }
        return slow;
    }

    /** Sends a byte a second, until the node closes the connection. */
    private void drip(int port, String first, String forever) {
        long begun = System.nanoTime();
        try (RawConnection connection = new RawConnection(port, END_MILLIS)) {
            connection.send(first);
            connection.timeoutMillis(1_000);
            for (int i = 0; System.nanoTime() - begun < SLOWEST_END.toNanos(); i++) {
                try {
                    int status = connection.response();
                    if (status != 0) {
                        statuses.computeIfAbsent(status, each -> new LongAdder())
                                .increment();
                    } else {
                        closedOnly.increment();
                    }
                    return;
                } catch (SocketTimeoutException e) {
                    if (!forever.isEmpty()) {
                        connection.send(forever.substring(i % forever.length(), i % forever.length() + 1));
                    }
                }
            }
            faults.add(Thread.currentThread().getName() + " is still connected after " + SLOWEST_END);
        } catch (IOException e) {
            closedOnly.increment();
        }
    }

    // Peers

    private List<Thread> startPeers(Cluster cluster) throws Exception {
        List<Thread> attackers = new ArrayList<>();
        long clusterId =
                Long.parseUnsignedLong(cluster.view(1).path("clusterId").asText(), 16);
        for (int node = 1; node <= Cluster.NODES; node++) {
            int other = 1 + node % Cluster.NODES;
            HostilePeers peers = new HostilePeers(
                    SEED * 1_000 + node,
                    clusterId,
                    Long.parseUnsignedLong(cluster.self(node).path("id").asText(), 16),
                    Long.parseUnsignedLong(cluster.self(other).path("id").asText(), 16));
            int port = cluster.peerPort(node);
            attackers.add(Thread.ofVirtual().name("stranger-" + node).start(() -> {
                for (int i = 0; i < PEERS / Cluster.NODES; i++) {
                    stranger(port, peers.next());
                }
            }));
        }
        return attackers;
    }

    private void stranger(int port, byte[] bytes) {
        try (RawConnection connection = new RawConnection(port, END_MILLIS)) {
            connection.send(bytes);
            while (connection.read() >= 0) {
                // The response to the greeting, and what the node tells a peer.
            }
        } catch (SocketTimeoutException e) {
            faults.add("a peer's connection hangs");
        } catch (IOException e) {
            // The node closed the connection while bytes were in flight.
        }
    }

    // The writes that must not be lost

    private void write(Cluster cluster) {
        try (RaftgresClient client =
                RaftgresClient.builder().endpoints(cluster.urls()).build()) {
            for (int i = 0; !over.get(); i++) {
                try {
                    acknowledged.put(
                            "kept/" + i, client.put("kept/" + i, "" + i).revision());
                } catch (RaftgresException.NotDone | RaftgresException.OutcomeUnknown e) {
                    System.out.println("a write failed: " + e.getMessage());
                }
            }
        }
    }

    private static void writesAtOnce(Cluster cluster) throws Exception {
        for (int node = 1; node <= Cluster.NODES; node++) {
            long start = System.nanoTime();
            assertTrue(cluster.put(node, "after", "the storm").statusCode() < 300);
            System.out.printf(
                    "node%d took a write in %d ms%n", node, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        }
    }

    private void checkAcknowledged(Cluster cluster) {
        for (int node = 1; node <= Cluster.NODES; node++) {
            try (RaftgresClient client =
                    RaftgresClient.builder().endpoint(cluster.url(node)).build()) {
                acknowledged.forEach((key, revision) -> {
                    var found = client.get(key.getBytes(StandardCharsets.UTF_8), Consistency.LOCAL);
                    assertTrue(found.found(), () -> key + " is lost");
                    assertEquals(revision, found.row().modRevision(), key);
                });
            }
        }
    }
}
