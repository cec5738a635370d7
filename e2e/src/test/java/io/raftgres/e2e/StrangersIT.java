package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests that a cluster must refuse: those of a web page in a visitor's browser, and those of strangers at the peers'
 * port.
 */
class StrangersIT {

    private static final int MILLIS = 30_000;
    /** Number of connections that each stranger holds open: more than a node has places for. */
    private static final int HELD = 100;
    /**
     * Pause between two connections of one stranger: enough connections to fill all places, without using up this
     * machine's ports.
     */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final String MEMBER =
            "{\"name\":\"evil\",\"peerAddress\":\"127.0.0.1:1\",\"clientAddress\":\"http://127.0.0.1:2\"}";

    @TempDir
    Path directory;

    @Test
    void webPagesWriteNothing_AndStrangersBlockNoMember() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            curlWorksAsInTheDocumentation(cluster);
            int members = cluster.view(1).path("members").size();
            aPageIsRefused(cluster);
            assertEquals(members, cluster.view(1).path("members").size());
            assertEquals("world", cluster.get(2, "hello"));
            floodOfPeers(cluster);
        }
    }

    // Pages

    private void curlWorksAsInTheDocumentation(Cluster cluster) throws Exception {
        String rest = "localhost:" + cluster.httpPort(1);
        String etcd = "localhost:" + cluster.etcdPort(1);
        assertEquals("201", curl("-X", "PUT", rest + "/v1/kv/hello", "-d", "world"));
        assertEquals("200", curl(rest + "/v1/kv/hello"));
        assertEquals(
                "200",
                curl(
                        "-X",
                        "POST",
                        rest + "/v1/txn?encoding=text",
                        "-H",
                        "Content-Type: application/json",
                        "-d",
                        "{\"success\":[{\"put\":{\"key\":\"a\",\"value\":\"b\"}}]}"));
        assertEquals("415", curl("-X", "POST", rest + "/v1/members", "-d", MEMBER));
        assertEquals("200", curl(etcd + "/v3/kv/put", "-d", "{\"key\":\"Zm9v\",\"value\":\"YmFy\"}"));
        assertEquals("200", curl(rest + "/q/health/live"));
        assertEquals("200", curl("127.0.0.1:" + cluster.httpPort(1) + "/metrics"));
        assertEquals("200", curl(etcd + "/version"));
    }

    /** @return status of the response */
    private String curl(String... arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of(
                "curl", "-s", "-o", directory.resolve("answer").toString(), "-w", "%{http_code}", "--max-time", "30"));
        line.addAll(List.of(arguments));
        Path said = directory.resolve("status");
        Process curl = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            assertTrue(curl.waitFor(60, TimeUnit.SECONDS), "curl has not ended");
        } finally {
            curl.destroyForcibly();
        }
        return Files.readString(said);
    }

    private static String ask(int port, String method, String path, String headers, String body) throws IOException {
        ByteArrayOutputStream response = new ByteArrayOutputStream();
        try (RawConnection connection = new RawConnection(port, MILLIS)) {
            connection.send(method + " " + path + " HTTP/1.1\r\n" + headers + "Content-Length: " + body.length()
                    + "\r\nConnection: close\r\n\r\n" + body);
            for (int next = connection.read(); next >= 0; next = connection.read()) {
                response.write(next);
            }
        }
        return response.toString(StandardCharsets.ISO_8859_1);
    }

    private record Sent(String method, String path, String type, String body) {}

    private void aPageIsRefused(Cluster cluster) throws Exception {
        String put = "{\"key\":\"aGVsbG8=\",\"value\":\"ZXZpbA==\"}";
        List<Sent> toRest = List.of(
                new Sent("POST", "/v1/members", "text/plain", MEMBER),
                new Sent("POST", "/v1/members", "application/x-www-form-urlencoded", MEMBER),
                new Sent("POST", "/v1/members", "application/json", MEMBER),
                new Sent("PUT", "/v1/kv/hello", "text/plain", "evil"),
                new Sent("DELETE", "/v1/kv/hello", "", ""),
                new Sent("DELETE", "/v1/kv?prefix=&all=true", "", ""));
        List<Sent> toEtcd = List.of(
                new Sent("POST", "/v3/kv/put", "text/plain", put),
                new Sent(
                        "POST",
                        "/v3/kv/deleterange",
                        "application/x-www-form-urlencoded",
                        "{\"key\":\"AA==\",\"range_end\":\"AA==\"}"),
                new Sent("POST", "/v3/cluster/member/add", "text/plain", "{\"peerURLs\":[\"http://127.0.0.1:1\"]}"),
                new Sent("POST", "/v3/auth/user/add", "text/plain", "{\"name\":\"evil\",\"password\":\"evil\"}"));
        for (int node = 1; node <= Cluster.NODES; node++) {
            allRefused(cluster.httpPort(node), toRest);
            allRefused(cluster.etcdPort(node), toEtcd);
        }
    }

    private static void allRefused(int port, List<Sent> requests) throws IOException {
        for (Sent sent : requests) {
            String type = sent.type().isEmpty() ? "" : "Content-Type: " + sent.type() + "\r\n";
            String own = "Host: localhost:" + port + "\r\n" + type;
            for (String page : List.of(
                    "Origin: http://evil.example\r\n",
                    "Origin: null\r\n",
                    "Sec-Fetch-Site: cross-site\r\nOrigin: http://evil.example\r\n",
                    "Sec-Fetch-Site: same-site\r\n")) {
                String response = ask(port, sent.method(), sent.path(), own + page, sent.body());
                assertTrue(response.startsWith("HTTP/1.1 403 "), () -> sent + page + response);
            }
            String rebound = "Host: evil.example:" + port + "\r\nOrigin: http://evil.example:" + port + "\r\n"
                    + "Sec-Fetch-Site: same-origin\r\n" + type;
            String response = ask(port, sent.method(), sent.path(), rebound, sent.body());
            assertTrue(response.startsWith("HTTP/1.1 421 "), () -> sent + response);
            String read = ask(port, "GET", "/metrics", rebound, "");
            assertTrue(read.startsWith("HTTP/1.1 421 ") && !read.contains("raftgres_"), () -> read);
        }
    }

    // Peers

    /** Silent connections, and nodes with invented ids that know the cluster and a member. */
    private void floodOfPeers(Cluster cluster) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        LongAdder connections = new LongAdder();
        Set<String> members = new TreeSet<>();
        cluster.view(1)
                .path("members")
                .forEach(member -> members.add(member.path("id").asText()));
        long clusterId =
                Long.parseUnsignedLong(cluster.view(1).path("clusterId").asText(), 16);
        List<Thread> strangers = new ArrayList<>();
        for (int node = 1; node <= Cluster.NODES; node++) {
            int port = cluster.peerPort(node);
            long receiver = Long.parseUnsignedLong(cluster.self(node).path("id").asText(), 16);
            Random random = new Random(node);
            strangers.add(Thread.ofPlatform()
                    .name("silent-" + node)
                    .start(() -> connect(port, over, connections, () -> new byte[0])));
            strangers.add(Thread.ofPlatform()
                    .name("inventor-" + node)
                    .start(() -> connect(
                            port,
                            over,
                            connections,
                            () -> HostilePeers.hello(clusterId, random.nextLong(), receiver))));
        }
        try {
            Cluster.await(
                    "strangers to take all places",
                    Duration.ofSeconds(60),
                    () -> connections.sum() > 20 * HELD ? true : null);
            for (int i = 0; i < 50; i++) {
                String value = "" + i;
                int node = 1 + i % Cluster.NODES;
                assertTrue(cluster.put(node, "flood/" + i, value).statusCode() < 300, () -> "put by node" + node);
            }
            cluster.kill(3);
            cluster.startNode(3);
            cluster.put(1, "after", "1");
            Cluster.await(
                    "node3 to have what was written without it",
                    Duration.ofSeconds(60),
                    () -> "1".equals(cluster.get(3, "after")) ? true : null);
        } finally {
            over.set(true);
            for (Thread stranger : strangers) {
                stranger.join();
            }
        }
        System.out.printf("%d connections of strangers meanwhile%n", connections.sum());
        for (int node = 1; node <= Cluster.NODES; node++) {
            JsonNode identity = new ObjectMapper()
                    .readTree(cluster.directory()
                            .resolve("node" + node)
                            .resolve("member.json")
                            .toFile());
            for (JsonNode known : identity.path("known")) {
                assertTrue(members.contains(known.asText()), () -> "invented: " + known);
            }
            assertEquals(members.size() - 1, identity.path("known").size(), () -> identity.toString());
        }
        cluster.awaitEqualHashes();
    }

    private interface Greeting {
        byte[] next();
    }

    private static void connect(int port, AtomicBoolean over, LongAdder connections, Greeting greeting) {
        Deque<RawConnection> held = new ArrayDeque<>();
        while (!over.get()) {
            LockSupport.parkNanos(PAUSE_NANOS);
            try {
                RawConnection connection = new RawConnection(port, 1_000);
                held.add(connection);
                connections.increment();
                connection.send(greeting.next());
                if (held.size() > HELD) {
                    held.remove().close();
                }
            } catch (IOException e) {
                // The node closed the connection, or is down.
            }
        }
        for (RawConnection connection : held) {
            try {
                connection.close();
            } catch (IOException e) {
                // It is closed.
            }
        }
    }
}
