package io.raftgres.node.join;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.raftgres.node.config.Bootstrap;
import io.raftgres.raft.Member;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A request to join a cluster: it is accepted, refused, or gets an invalid response. */
class JoinClientTest {

    private static final Member OWN = new Member(1, "node4", true, "h:9084", "http://h:8084");
    private static final String MEMBER = "{\"id\":\"%s\",\"name\":\"%s\",\"voter\":%s,\"peerAddress\":\"h:%d\","
            + "\"clientAddress\":\"http://h:%d\"}";

    private record Response(int status, String body) {}

    private final Queue<Response> responses = new ConcurrentLinkedQueue<>();
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            Response response = responses.size() > 1 ? responses.poll() : responses.peek();
            byte[] body = response.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(response.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private JoinClient cluster() {
        return new JoinClient(
                List.of(
                        "http://127.0.0.1:1",
                        "http://127.0.0.1:" + server.getAddress().getPort() + "/"),
                null);
    }

    @Test
    void joiningNodeTakesTheIdentityItIsGiven() throws Exception {
        responses.add(new Response(503, "{\"detail\":\"no leader\"}"));
        responses.add(new Response(409, "{\"detail\":\"node4 answers\"}"));
        String node1 = MEMBER.formatted("00000000000000a1", "node1", true, 9081, 8081);
        responses.add(new Response(
                201,
                "{\"clusterId\":\"ffffffffffffffff\",\"member\":"
                        + MEMBER.formatted("00000000000000a4", "node4", false, 9084, 8084) + ",\"members\":[" + node1
                        + "]}"));
        try (JoinClient cluster = cluster()) {
            Bootstrap joined = cluster.join(OWN, Duration.ofSeconds(30));
            assertEquals(-1, joined.clusterId());
            assertEquals(new Member(0xa4, "node4", false, "h:9084", "http://h:8084"), joined.self());
            // Works also when the responding member does not know of it yet.
            assertEquals(
                    List.of(0xa1L, 0xa4L),
                    joined.membership().members().stream().map(Member::id).toList());
        }
        assertEquals(3, asked.size());
        assertTrue(asked.getFirst().contains("\"replace\":true"), asked.getFirst());
    }

    @Test
    void aRefusalThatLastsEndsTheStartWithItsReason() {
        responses.add(new Response(409, "{\"detail\":\"do two nodes have one name?\"}"));
        try (JoinClient cluster = cluster()) {
            IOException refused = assertThrows(IOException.class, () -> cluster.join(OWN, Duration.ofMillis(1)));
            assertTrue(refused.getMessage().contains("do two nodes have one name?"), refused.getMessage());
        }
    }

    @Test
    void malformedResponseIsRefused() {
        for (String nonsense : List.of("", "{}", "[]", "{\"clusterId\":\"x\",\"member\":{},\"members\":[]}")) {
            responses.clear();
            responses.add(new Response(200, nonsense));
            responses.add(new Response(400, "{\"detail\":\"enough\"}"));
            try (JoinClient cluster = cluster()) {
                assertThrows(IOException.class, () -> cluster.join(OWN, Duration.ZERO), nonsense);
            }
        }
    }

    @Test
    void aMemberThatOthersHaveHeardOfIsKnown() throws Exception {
        responses.add(new Response(200, "{\"knownMembers\":[\"00000000000000a1\",\"fffffffffffffffe\"]}"));
        try (JoinClient cluster = cluster()) {
            assertTrue(cluster.knows(0xa1));
            assertTrue(cluster.knows(-2));
            assertFalse(cluster.knows(0xa2));
        }
        responses.clear();
        responses.add(new Response(503, "{}"));
        try (JoinClient cluster = cluster()) {
            assertFalse(cluster.knows(0xa1));
        }
    }
}
