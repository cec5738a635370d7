package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.client.Consistency;
import io.raftgres.client.GetResult;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RaftgresException;
import io.raftgres.client.RangeCursor;
import io.raftgres.client.RangeQuery;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Far more load than the cluster can carry. It refuses the excess with a clear reason, and its memory stays bounded.
 * After the load it works as before, with all acknowledged writes.
 */
class OverloadIT {

    private static final Duration LOAD = Duration.ofSeconds(Integer.getInteger("e2e.overload.seconds", 12));
    private static final int SMALL_WRITERS = 4_000;
    private static final int LARGE_WRITERS = 200;
    /**
     * Number of reads of all large values by clients that read no byte of the response: more than the nodes stream at a
     * time.
     */
    private static final int STALLED_RANGES = 900;
    /** Number of connections that request a large value again and again, and read no response. */
    private static final int STALLED_GETS = 1_800;

    private static final int STALLED_REQUESTS = 5;
    private static final int SMALL_BYTES = 256;
    private static final int LARGE_BYTES = 1 << 20;
    /** Longest time until a response: the node's own limit is 5 s, and the machine is busy. */
    private static final int RESPONSE_TIMEOUT_MILLIS = 60_000;

    private static final Set<Integer> EXPECTED = Set.of(200, 201, 204, 429, 503, 504);

    /** The launcher's default heap, {@code up --heap}. */
    private static final long HEAP_MIB = 512;

    /** In a container of a hundred MiB the heap has forty: MaxRAMPercentage in the image. */
    private static final int HEAP_PARTS = 40;

    /** Number of slow readers of each kind: more than a node has places for reads. */
    private static final int SLOW_READERS = 12;

    private static final int SMALL_ROWS = 300;

    @TempDir
    Path directory;

    private final Map<Integer, LongAdder> statuses = new ConcurrentSkipListMap<>();
    private final Map<String, LongAdder> cut = new ConcurrentHashMap<>();
    private final Map<String, Integer> acknowledged = new ConcurrentHashMap<>();
    private final AtomicBoolean over = new AtomicBoolean();

    @Test
    void excessIsRefusedMemoryIsBoundedAndNothingIsLost() throws Exception {
        try (Cluster cluster = Cluster.start(directory);
                RaftgresClient client =
                        RaftgresClient.builder().endpoints(cluster.urls()).build()) {
            List<Long> processes = processes(cluster);
            for (int i = 0; i < 60; i++) {
                client.put(("read/" + i).getBytes(StandardCharsets.UTF_8), new byte[LARGE_BYTES]);
            }
            long before = medianPutMicros(client);
            List<Thread> load = start(cluster);
            TimeUnit.NANOSECONDS.sleep(LOAD.toNanos());
            over.set(true);
            for (Thread thread : load) {
                assertTrue(
                        thread.join(Duration.ofMillis(2 * RESPONSE_TIMEOUT_MILLIS)),
                        thread.getName() + " has not ended");
            }
            System.out.printf("responses by status: %s; connections cut: %s%n", statuses, cut);
            assertEquals(processes, processes(cluster), "a node's process was replaced or ended");
            memory(cluster, HEAP_MIB);
            assertTrue(EXPECTED.containsAll(statuses.keySet()), () -> "responses by status: " + statuses);
            awaitNormal(client, before);
            checkAcknowledged(cluster);
        }
    }

    /** Also with heaps of 256 and 1,024 MiB: -De2e.overload.heaps=256,512,1024. */
    @ParameterizedTest
    @MethodSource("heaps")
    void slowReadersCostOnlyThemselves(long heapMib) throws Exception {
        Cluster cluster = Cluster.prepared(directory.resolve("heap-" + heapMib));
        try (cluster;
                RaftgresClient client =
                        RaftgresClient.builder().endpoint(cluster.url(1)).build()) {
            cluster.up("--heap", heapMib + "m");
            List<Long> processes = processes(cluster);
            for (int i = 0; i < 50; i++) {
                client.put(("read/" + i).getBytes(StandardCharsets.UTF_8), new byte[LARGE_BYTES]);
            }
            for (int i = 0; i < SMALL_ROWS; i++) {
                client.put("few/" + i, "" + i);
            }
            long[] before = medians(client);
            long[] during;
            try (SlowReaders readers = new SlowReaders(cluster, 1, "read/", SLOW_READERS)) {
                assertTrue(readers.awaitBegun(), "not all slow readers had a response");
                during = medians(client);
                shares(cluster);
            }
            long[] after = medians(client);
            System.out.printf(
                    "heap %d MiB: medians of put, get and range in us: %s before, %s with %d slow readers"
                            + " of each kind, %s after%n",
                    heapMib, Arrays.toString(before), Arrays.toString(during), SLOW_READERS, Arrays.toString(after));
            for (int i = 0; i < during.length; i++) {
                long normal = Math.max(before[i], after[i]);
                assertTrue(
                        during[i] <= 2 * normal + 2_000,
                        "operation " + i + ": " + during[i] + " us, normally " + normal);
            }
            assertEquals(processes, processes(cluster), "a node's process was replaced or ended");
            memory(cluster, heapMib);
        }
    }

    static List<Long> heaps() {
        return Arrays.stream(
                        System.getProperty("e2e.overload.heaps", "" + HEAP_MIB).split(","))
                .map(Long::valueOf)
                .toList();
    }

    /** @return median latencies of a put, a point read and a range read, in microseconds */
    private static long[] medians(RaftgresClient client) {
        int rounds = 150;
        long[][] nanos = new long[3][rounds];
        for (int i = 0; i < rounds; i++) {
            int round = i;
            nanos[0][i] = nanos(() -> client.put("latency", "" + round));
            nanos[1][i] = nanos(() -> client.get("few/7".getBytes(StandardCharsets.UTF_8)));
            nanos[2][i] = nanos(() -> {
                int rows = 0;
                try (RangeCursor few = client.range(RangeQuery.prefix("few/".getBytes(StandardCharsets.UTF_8)))) {
                    for (; few.hasNext(); few.next()) {
                        rows++;
                    }
                }
                assertEquals(SMALL_ROWS, rows);
            });
        }
        return Arrays.stream(nanos)
                .mapToLong(each -> Arrays.stream(each).sorted().toArray()[rounds / 2] / 1_000)
                .toArray();
    }

    private static long nanos(Runnable operation) {
        long begun = System.nanoTime();
        operation.run();
        return System.nanoTime() - begun;
    }

    /** No share of the memory exceeds its limit by more than one request in flight. */
    private static void shares(Cluster cluster) throws Exception {
        String text = new String(cluster.request(1, "GET", "/metrics", null).body(), StandardCharsets.UTF_8);
        Map<String, Double> held = shares(text, "raftgres_memory_bytes");
        Map<String, Double> limits = shares(text, "raftgres_memory_limit_bytes");
        assertTrue(held.size() > 8 && limits.keySet().containsAll(held.keySet()), () -> "shares: " + held);
        System.out.println("shares of node1's memory in MiB: "
                + new TreeMap<>(held.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey,
                                each -> Math.round(each.getValue() / (1 << 20)) + " of "
                                        + Math.round(limits.get(each.getKey()) / (1 << 20))))));
        held.forEach((share, bytes) -> assertTrue(
                bytes <= limits.get(share) + 4 * LARGE_BYTES, share + " holds " + bytes + " of " + limits.get(share)));
    }

    private static Map<String, Double> shares(String metrics, String name) {
        return metrics.lines()
                .filter(line -> line.startsWith(name + "{"))
                .collect(Collectors.toMap(
                        line -> line.replaceAll(".*share=\"([a-z]+)\".*", "$1"),
                        line -> Double.valueOf(line.substring(line.lastIndexOf(' ') + 1))));
    }

    private static List<Long> processes(Cluster cluster) throws IOException {
        List<Long> ids = new ArrayList<>();
        for (int node = 1; node <= Cluster.NODES; node++) {
            ids.add(cluster.nodePid(node));
            int each = node;
            assertTrue(
                    ProcessHandle.of(cluster.nodePid(node))
                            .map(ProcessHandle::isAlive)
                            .orElse(false),
                    () -> "node" + each + " has ended");
        }
        return ids;
    }

    private List<Thread> start(Cluster cluster) {
        List<Thread> load = new ArrayList<>();
        for (int i = 0; i < STALLED_RANGES; i++) {
            int node = 1 + i % Cluster.NODES;
            load.add(Thread.ofVirtual()
                    .name("stalled-range-" + i)
                    .start(() -> stall(
                            cluster.httpPort(node), "GET /v1/kv?prefix=read/ HTTP/1.1\r\nhost: localhost\r\n\r\n")));
        }
        for (int i = 0; i < STALLED_GETS; i++) {
            int node = 1 + i % Cluster.NODES;
            load.add(Thread.ofVirtual()
                    .name("stalled-get-" + i)
                    .start(() -> stall(
                            cluster.httpPort(node),
                            "GET /v1/kv/read/1 HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(STALLED_REQUESTS))));
        }
        for (int i = 0; i < SMALL_WRITERS + LARGE_WRITERS; i++) {
            String key = i < SMALL_WRITERS ? "small/" + i : "large/" + i;
            int bytes = i < SMALL_WRITERS ? SMALL_BYTES : LARGE_BYTES;
            int node = 1 + i % Cluster.NODES;
            load.add(Thread.ofVirtual().name(key).start(() -> write(cluster.httpPort(node), key, bytes)));
        }
        return load;
    }

    /** Sends requests, and reads no response. */
    private void stall(int port, String requests) {
        try (RawConnection connection = new RawConnection(port, RESPONSE_TIMEOUT_MILLIS, 4 << 10)) {
            connection.send(requests);
            Cluster.await("the end of the load", LOAD.multipliedBy(10), () -> over.get() ? true : null);
        } catch (Exception e) {
            count("a stalled reader: " + e.getMessage());
        }
    }

    /** Puts the numbers 1, 2, ... one after the other under one key, with padding. */
    private void write(int port, String key, int bytes) {
        byte[] head = ("PUT /v1/kv/" + key + " HTTP/1.1\r\nhost: localhost\r\ncontent-length: " + bytes + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] request = Arrays.copyOf(head, head.length + bytes);
        int number = 0;
        while (!over.get()) {
            try (RawConnection connection = new RawConnection(port, RESPONSE_TIMEOUT_MILLIS)) {
                while (!over.get()) {
                    byte[] value = (++number + "/").getBytes(StandardCharsets.ISO_8859_1);
                    System.arraycopy(value, 0, request, head.length, value.length);
                    connection.send(request);
                    int status = connection.response();
                    if (status == 0) {
                        count("closed without a response");
                        break;
                    }
                    statuses.computeIfAbsent(status, s -> new LongAdder()).increment();
                    if (status < 300) {
                        acknowledged.put(key, number);
                    }
                }
            } catch (SocketTimeoutException e) {
                count("NO response for " + RESPONSE_TIMEOUT_MILLIS + " ms");
            } catch (IOException e) {
                count("a writer: " + e.getMessage());
            }
        }
    }

    private void count(String why) {
        cut.computeIfAbsent(why, text -> new LongAdder()).increment();
    }

    /** Peak memory of each process so far. Only Linux reports it. */
    private static void memory(Cluster cluster, long heapMib) throws IOException {
        long limitMib = heapMib * 100 / HEAP_PARTS;
        for (int node = 1; node <= Cluster.NODES; node++) {
            Path status = Path.of("/proc", "" + cluster.nodePid(node), "status");
            if (!Files.exists(status)) {
                return;
            }
            String line = Files.readAllLines(status).stream()
                    .filter(each -> each.startsWith("VmHWM:"))
                    .findFirst()
                    .orElseThrow();
            long mib = Long.parseLong(line.replaceAll("\\D", "")) >> 10;
            System.out.printf(
                    "node%d: at most %d MiB resident, heap %d MiB, a container's limit %d MiB%n",
                    node, mib, heapMib, limitMib);
            assertTrue(mib <= limitMib, "node" + node + " had " + mib + " MiB resident");
        }
    }

    private static void awaitNormal(RaftgresClient client, long before) throws Exception {
        long begun = System.nanoTime();
        long after = Cluster.await("puts about as fast as before the load", Duration.ofSeconds(60), () -> {
            try {
                long micros = medianPutMicros(client);
                return micros <= 3 * before + 20_000 ? micros : null;
            } catch (RaftgresException e) {
                return null;
            }
        });
        System.out.printf(
                "median put: %d us before the load, %d us after it, reached within %d ms%n",
                before, after, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
    }

    private static long medianPutMicros(RaftgresClient client) {
        long[] nanos = new long[100];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            client.put("latency", "" + i);
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        return TimeUnit.NANOSECONDS.toMicros(nanos[nanos.length / 2]);
    }

    private void checkAcknowledged(Cluster cluster) throws Exception {
        System.out.println("hash on all nodes: " + cluster.awaitEqualHashes());
        for (int node = 1; node <= Cluster.NODES; node++) {
            try (RaftgresClient client =
                    RaftgresClient.builder().endpoint(cluster.url(node)).build()) {
                for (Map.Entry<String, Integer> each : acknowledged.entrySet()) {
                    GetResult found = client.get(each.getKey().getBytes(StandardCharsets.UTF_8), Consistency.LOCAL);
                    assertTrue(found.found(), () -> each.getKey() + " is lost");
                    String value = new String(found.value(), 0, 12, StandardCharsets.ISO_8859_1);
                    int number = Integer.parseInt(value.substring(0, value.indexOf('/')));
                    // Later writes may have been done without a response.
                    assertTrue(number >= each.getValue(), () -> each + " was acknowledged, there is " + number);
                }
            }
        }
        System.out.println("every acknowledged write of " + acknowledged.size() + " writers is on all nodes");
    }
}
