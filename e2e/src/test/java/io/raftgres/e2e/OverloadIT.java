package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.client.Consistency;
import io.raftgres.client.GetResult;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RaftgresException;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Far more load than the cluster can take: it refuses the excess in clear words, its memory stays bounded, and when it
 * is over everything is as before, with all that was acknowledged.
 */
class OverloadIT {

    private static final Duration LOAD = Duration.ofSeconds(Integer.getInteger("e2e.overload.seconds", 12));
    private static final int SMALL_WRITERS = 4_000;
    private static final int LARGE_WRITERS = 200;
    /** Reads of all large values that take none of the answer: more than the nodes stream at a time. */
    private static final int STALLED_RANGES = 900;
    /** Connections that ask for a large value again and again, and take no answer. */
    private static final int STALLED_GETS = 1_800;
    private static final int STALLED_REQUESTS = 5;
    private static final int SMALL_BYTES = 256;
    private static final int LARGE_BYTES = 1 << 20;
    /** Longest wait for an answer: the node's own deadline is 5 s, and the machine is busy. */
    private static final int ANSWER_MILLIS = 60_000;
    private static final Set<Integer> EXPECTED = Set.of(200, 201, 204, 429, 503, 504);

    /** The JVM's default in the launcher, {@code up --heap}. */
    private static final long HEAP_MIB = 512;
    /** Buffers outside the heap may be as large as the heap, which is Java's bound; code, classes, stacks beside. */
    private static final long BESIDES_HEAP_MIB = 768;

    @TempDir
    Path folder;

    private final Map<Integer, LongAdder> statuses = new ConcurrentSkipListMap<>();
    private final Map<String, LongAdder> cut = new ConcurrentHashMap<>();
    private final Map<String, Integer> acknowledged = new ConcurrentHashMap<>();
    private final AtomicBoolean over = new AtomicBoolean();

    @Test
    void excessIsRefusedMemoryIsBoundedAndNothingIsLost() throws Exception {
        try (Cluster cluster = Cluster.start(folder);
                RaftgresClient client = RaftgresClient.builder().endpoints(cluster.urls()).build()) {
            List<Long> processes = processes(cluster);
            for (int i = 0; i < 60; i++) {
                client.put(("read/" + i).getBytes(StandardCharsets.UTF_8), new byte[LARGE_BYTES]);
            }
            long before = medianPutMicros(client);
            List<Thread> load = start(cluster);
            TimeUnit.NANOSECONDS.sleep(LOAD.toNanos());
            over.set(true);
            for (Thread thread : load) {
                assertTrue(thread.join(Duration.ofMillis(2 * ANSWER_MILLIS)), thread.getName() + " has not ended");
            }
            System.out.printf("answers by status: %s; connections cut: %s%n", statuses, cut);
            assertEquals(processes, processes(cluster), "a node's process was replaced or ended");
            memory(cluster);
            assertTrue(EXPECTED.containsAll(statuses.keySet()), () -> "answers by status: " + statuses);
            awaitNormal(client, before);
            checkAcknowledged(cluster);
        }
    }

    private static List<Long> processes(Cluster cluster) throws IOException {
        List<Long> ids = new ArrayList<>();
        for (int node = 1; node <= Cluster.NODES; node++) {
            ids.add(cluster.nodePid(node));
            int each = node;
            assertTrue(ProcessHandle.of(cluster.nodePid(node)).map(ProcessHandle::isAlive).orElse(false),
                    () -> "node" + each + " has ended");
        }
        return ids;
    }

    private List<Thread> start(Cluster cluster) {
        List<Thread> load = new ArrayList<>();
        for (int i = 0; i < STALLED_RANGES; i++) {
            int node = 1 + i % Cluster.NODES;
            load.add(Thread.ofVirtual().name("stalled-range-" + i).start(() ->
                    stall(cluster.httpPort(node), "GET /v1/kv?prefix=read/ HTTP/1.1\r\nhost: localhost\r\n\r\n")));
        }
        for (int i = 0; i < STALLED_GETS; i++) {
            int node = 1 + i % Cluster.NODES;
            load.add(Thread.ofVirtual().name("stalled-get-" + i).start(() ->
                    stall(cluster.httpPort(node),
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

    /** Asks, and takes nothing of the answers. */
    private void stall(int port, String requests) {
        try (RawConnection connection = new RawConnection(port, ANSWER_MILLIS, 4 << 10)) {
            connection.send(requests);
            Cluster.await("the end of the load", LOAD.multipliedBy(10), () -> over.get() ? true : null);
        } catch (Exception e) {
            count("a stalled reader: " + e.getMessage());
        }
    }

    /** Puts the numbers 1, 2, ... one after the other under one key, padded. */
    private void write(int port, String key, int bytes) {
        byte[] head = ("PUT /v1/kv/" + key + " HTTP/1.1\r\nhost: localhost\r\ncontent-length: " + bytes + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] request = Arrays.copyOf(head, head.length + bytes);
        int number = 0;
        while (!over.get()) {
            try (RawConnection connection = new RawConnection(port, ANSWER_MILLIS)) {
                while (!over.get()) {
                    byte[] value = (++number + "/").getBytes(StandardCharsets.ISO_8859_1);
                    System.arraycopy(value, 0, request, head.length, value.length);
                    connection.send(request);
                    int status = connection.answer();
                    if (status == 0) {
                        count("closed without an answer");
                        break;
                    }
                    statuses.computeIfAbsent(status, s -> new LongAdder()).increment();
                    if (status < 300) {
                        acknowledged.put(key, number);
                    }
                }
            } catch (SocketTimeoutException e) {
                count("NO ANSWER for " + ANSWER_MILLIS + " ms");
            } catch (IOException e) {
                count("a writer: " + e.getMessage());
            }
        }
    }

    private void count(String why) {
        cut.computeIfAbsent(why, text -> new LongAdder()).increment();
    }

    /** The peak of each process so far. Linux tells it, others do not. */
    private static void memory(Cluster cluster) throws IOException {
        for (int node = 1; node <= Cluster.NODES; node++) {
            Path status = Path.of("/proc", "" + cluster.nodePid(node), "status");
            if (!Files.exists(status)) {
                return;
            }
            String line = Files.readAllLines(status).stream().filter(each -> each.startsWith("VmHWM:")).findFirst()
                    .orElseThrow();
            long mib = Long.parseLong(line.replaceAll("\\D", "")) >> 10;
            System.out.printf("node%d: at most %d MiB resident, heap %d MiB%n", node, mib, HEAP_MIB);
            assertTrue(mib <= HEAP_MIB + BESIDES_HEAP_MIB, "node" + node + " had " + mib + " MiB resident");
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
        System.out.printf("median put: %d us before the load, %d us after it, reached within %d ms%n", before, after,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
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
            try (RaftgresClient client = RaftgresClient.builder().endpoint(cluster.url(node)).build()) {
                for (Map.Entry<String, Integer> each : acknowledged.entrySet()) {
                    GetResult found = client.get(each.getKey().getBytes(StandardCharsets.UTF_8), Consistency.LOCAL);
                    assertTrue(found.found(), () -> each.getKey() + " is lost");
                    String value = new String(found.value(), 0, 12, StandardCharsets.ISO_8859_1);
                    int number = Integer.parseInt(value.substring(0, value.indexOf('/')));
                    // Later ones may have been done without an answer.
                    assertTrue(number >= each.getValue(), () -> each + " was acknowledged, there is " + number);
                }
            }
        }
        System.out.println("every acknowledged write of " + acknowledged.size() + " writers is on all nodes");
    }
}
