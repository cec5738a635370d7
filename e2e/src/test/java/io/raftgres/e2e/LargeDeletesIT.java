package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.raftgres.client.RaftgresClient;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Deletes a prefix with more bytes than the nodes' heaps (512 MiB). No process ends, a watch sees each delete, and the
 * members agree, also after a start that finds the delete in the log.
 */
@Tag("long")
class LargeDeletesIT {

    private static final int VALUES = Integer.getInteger("e2e.large.values", 600);
    private static final int VALUE_BYTES = 1 << 20;
    private static final String P_RANGE = "\"key\":\"" + base64("p/") + "\",\"range_end\":\"" + base64("p0") + "\"";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private final AtomicInteger deletesSeen = new AtomicInteger();
    private final AtomicReference<String> watchEnded = new AtomicReference<>();

    @Test
    void rangeLargerThanTheHeapIsDeleted() throws Exception {
        try (Cluster cluster = Cluster.start(directory);
                RaftgresClient client =
                        RaftgresClient.builder().endpoints(cluster.urls()).build()) {
            fill(client);
            int leader = cluster.leader();
            int follower = leader % Cluster.NODES + 1;
            List<Long> processes = processes(cluster);
            refusesTooLargeResponse(cluster, follower);
            Thread watch = watch(cluster, follower);
            delete(cluster, follower);
            Cluster.await("the deletes of the watch", Duration.ofMinutes(5), () -> {
                assertEquals(null, watchEnded.get());
                return deletesSeen.get() == VALUES ? true : null;
            });
            assertEquals(processes, processes(cluster), "a node's process was replaced or ended");
            System.out.println("equal hash " + cluster.awaitEqualHashes());
            for (int node = 1; node <= Cluster.NODES; node++) {
                cluster.kill(node);
            }
            watch.join();
            for (int node = 1; node <= Cluster.NODES; node++) {
                // One command at a time: the second command waits until two nodes serve, and a third would be refused
                // meanwhile.
                cluster.startBlindly(node).join();
            }
            client.put("after", "1");
            System.out.println("equal hash " + cluster.awaitEqualHashes());
            assertEquals(
                    0,
                    JSON.readTree(cluster.request(follower, "GET", "/v1/kv?prefix=p/&keys=true", null)
                                    .body())
                            .path("rows")
                            .size());
        }
    }

    private void fill(RaftgresClient client) {
        Random random = new Random(1);
        for (int i = 0; i < VALUES; i++) {
            byte[] value = new byte[VALUE_BYTES];
            random.nextBytes(value);
            client.put(("p/" + i).getBytes(StandardCharsets.UTF_8), value);
        }
    }

    private static List<Long> processes(Cluster cluster) throws Exception {
        List<Long> ids = new ArrayList<>();
        for (int node = 1; node <= Cluster.NODES; node++) {
            long id = cluster.nodePid(node);
            assertTrue(ProcessHandle.of(id).map(ProcessHandle::isAlive).orElse(false), "node" + node + " has ended");
            ids.add(id);
        }
        return ids;
    }

    /** Sends the delete to a node that must forward it. */
    private void refusesTooLargeResponse(Cluster cluster, int node) throws Exception {
        HttpResponse<String> response = http.send(
                etcd(cluster, node, "/v3/kv/deleterange", "{" + P_RANGE + ",\"prev_kv\":true}"),
                HttpResponse.BodyHandlers.ofString());
        assertTrue(
                response.body().contains("the response to a transaction"),
                response.statusCode() + ": " + response.body());
        assertEquals(429, response.statusCode(), response::body);
    }

    private static HttpRequest etcd(Cluster cluster, int node, String path, String body) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + cluster.etcdPort(node) + path))
                .header("content-type", "application/json")
                .timeout(Duration.ofMinutes(10))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    /** A watch with previous values counts the deletes. */
    private Thread watch(Cluster cluster, int node) throws Exception {
        HttpResponse<InputStream> response = http.send(
                etcd(cluster, node, "/v3/watch", "{\"create_request\":{" + P_RANGE + ",\"prev_kv\":true}}"),
                HttpResponse.BodyHandlers.ofInputStream());
        BufferedReader lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
        assertTrue(lines.readLine().contains("created"));
        return Thread.ofVirtual().start(() -> {
            try {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    for (JsonNode event : JSON.readTree(line).path("result").path("events")) {
                        deletesSeen.addAndGet(event.path("type").asText().equals("DELETE") ? 1 : 0);
                    }
                }
                watchEnded.set("the stream has ended");
            } catch (Exception e) {
                watchEnded.set(e.toString());
            }
        });
    }

    /** Repeats the delete under one token until it succeeds: it may take longer than the time limit of a write. */
    private void delete(Cluster cluster, int node) throws Exception {
        String token = UUID.randomUUID().toString();
        Cluster.await("the delete", Duration.ofMinutes(5), () -> {
            HttpResponse<byte[]> response =
                    cluster.request(node, "DELETE", "/v1/kv?prefix=p/", null, "Idempotency-Key", token);
            if (response.statusCode() != 200) {
                System.out.println("the delete: " + new String(response.body(), StandardCharsets.UTF_8));
                return null;
            }
            assertEquals(VALUES, JSON.readTree(response.body()).path("deleted").asInt());
            return true;
        });
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
