package io.raftgres.client;

import static io.raftgres.client.ScriptedNode.breakOff;
import static io.raftgres.client.ScriptedNode.hang;
import static io.raftgres.client.ScriptedNode.problem;
import static io.raftgres.client.ScriptedNode.status;
import static io.raftgres.client.ScriptedNode.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests about members and the leader, their responses, and their repetition. */
class MembersTest {

    private static final String NODE4 = """
            {"id":"00000000000000a4","name":"node4","role":"learner","voter":false,"peerAddress":"127.0.0.1:9084",
            "clientAddress":"http://127.0.0.1:8084","matchIndex":7,"lag":12345,"state":"rebuilding",
            "alarms":["no-space","slow-disk"],"version":"0.2","something":"new"}""";

    private static RaftgresClient client(ScriptedNode... nodes) {
        return RaftgresClient.builder()
                .endpoints(List.of(nodes).stream().map(ScriptedNode::url).toList())
                .build();
    }

    private static String body(ScriptedNode node) {
        return new String(node.asked().getLast().body(), StandardCharsets.UTF_8);
    }

    private static String line(ScriptedNode node) {
        ScriptedNode.Asked asked = node.asked().getLast();
        return asked.method() + " " + asked.path();
    }

    private static String problemOf(String type, String detail) {
        return "{\"type\":\"/problems/" + type + "\",\"title\":\"x\",\"detail\":\"" + detail + "\"}";
    }

    @Test
    void aMemberIsAddedWithItsAddresses() throws IOException {
        try (ScriptedNode node = new ScriptedNode(
                        text(201, "{\"clusterId\":\"c1\",\"member\":" + NODE4 + ",\"members\":[" + NODE4 + "]}"));
                RaftgresClient client = client(node)) {
            AddedMember added = client.addMember("node4", "127.0.0.1:9084", "http://127.0.0.1:8084", true);
            assertEquals("POST /v1/members", line(node));
            assertEquals("application/json", node.asked().getLast().header("Content-Type"));
            assertEquals(
                    "{\"name\":\"node4\",\"peerAddress\":\"127.0.0.1:9084\","
                            + "\"clientAddress\":\"http://127.0.0.1:8084\",\"replace\":true}",
                    body(node));
            assertEquals("c1", added.clusterId());
            assertEquals(1, added.members().size());
            ClusterStatus.Member member = added.member();
            assertEquals("00000000000000a4", member.id());
            assertEquals(7, member.matchIndex());
            assertEquals(12_345, member.lag());
            assertEquals("rebuilding", member.state());
            assertEquals(List.of("no-space", "slow-disk"), member.alarms());
            assertFalse(member.voter());
            assertNull(node.asked().getLast().header("Idempotency-Key"), "only writes of keys have one");
        }
    }

    @Test
    void aMemberIsPromotedMovedAndRemoved() throws IOException {
        try (ScriptedNode node = new ScriptedNode(
                        text(200, "{\"member\":" + NODE4 + "}"),
                        text(200, "{\"member\":" + NODE4 + "}"),
                        text(200, "{\"removed\":" + NODE4 + "}"));
                RaftgresClient client = client(node)) {
            assertEquals("node4", client.promoteMember("node4").name());
            assertEquals("POST /v1/members/node4/promote", line(node));
            assertEquals("", body(node));
            client.updateMember("a/b", null, "https://new:443");
            assertEquals("PATCH /v1/members/a%2Fb", line(node));
            assertEquals("{\"clientAddress\":\"https://new:443\"}", body(node));
            assertEquals(
                    "00000000000000a4", client.removeMember("00000000000000a4").id());
            assertEquals("DELETE /v1/members/00000000000000a4", line(node));
            assertThrows(RaftgresException.BadRequest.class, () -> client.removeMember(""));
        }
    }

    @Test
    void leadershipIsTransferred() throws IOException {
        try (ScriptedNode node = new ScriptedNode(text(200, "{\"leader\":{\"id\":\"2\",\"name\":\"node2\"}}"));
                RaftgresClient client = client(node)) {
            assertEquals(new ClusterStatus.Leader("2", "node2"), client.transferLeadership("node2"));
            assertEquals("{\"target\":\"node2\"}", body(node));
            client.transferLeadership(null);
            assertEquals("POST /v1/leader", line(node));
            assertEquals("{}", body(node));
        }
    }

    @Test
    void refusalsCarryTheServersDetail() throws IOException {
        String lagging = "node4 is 12345 entries behind; wait until it has caught up.";
        try (ScriptedNode node = new ScriptedNode(
                        text(409, problemOf("membership-refused", lagging)),
                        text(404, problemOf("member-not-found", "There is no member node9.")),
                        text(404, problemOf("no-such-route", "There is no such path.")),
                        problem(400, "A peer address is host:port."));
                RaftgresClient client = client(node)) {
            var refused = assertThrows(RaftgresException.Refused.class, () -> client.promoteMember("node4"));
            assertEquals(lagging, refused.getMessage());
            var missing = assertThrows(RaftgresException.MemberNotFound.class, () -> client.removeMember("node9"));
            assertEquals("There is no member node9.", missing.getMessage());
            assertThrows(RaftgresException.BadRequest.class, () -> client.removeMember("node9"), "an older node");
            assertThrows(RaftgresException.BadRequest.class, () -> client.addMember("a", "b", "c", false));
            assertEquals(4, node.asked().size(), "none is repeated");
        }
    }

    @Test
    void requestsThatWereNotDoneAreRepeated() throws IOException {
        String dead;
        try (ServerSocket socket = new ServerSocket(0)) {
            dead = "127.0.0.1:" + socket.getLocalPort();
        }
        try (ScriptedNode node = new ScriptedNode(
                        problem(503, "no leader"),
                        problem(429, "busy", "Retry-After", "0"),
                        text(200, "{\"removed\":" + NODE4 + "}"));
                RaftgresClient client = RaftgresClient.builder()
                        .endpoint(dead)
                        .endpoint(node.url())
                        .build()) {
            assertEquals("node4", client.removeMember("node4").name());
            assertEquals(3, node.asked().size());
        }
        try (ScriptedNode node = new ScriptedNode(problem(503, "no leader"));
                RaftgresClient client = client(node).withTimeout(Duration.ofSeconds(1))) {
            var e = assertThrows(RaftgresException.NotDone.class, () -> client.transferLeadership(null));
            assertEquals("Not done within 1 s: no leader", e.getMessage());
        }
    }

    @Test
    void requestsOfUnknownOutcomeAreNotRepeated() throws IOException {
        try (ScriptedNode node = new ScriptedNode(problem(504, "no response in time"), breakOff(), status(500));
                ScriptedNode other = new ScriptedNode(text(200, "{\"removed\":" + NODE4 + "}"));
                RaftgresClient client = client(node, other)) {
            for (int i = 1; i <= 3; i++) {
                var e = assertThrows(RaftgresException.OutcomeUnknown.class, () -> client.removeMember("node4"));
                assertTrue(e.getMessage().startsWith("The change may have been done"), e.getMessage());
                assertEquals(i, node.asked().size());
            }
            assertTrue(other.asked().isEmpty());
        }
    }

    @Test
    void hangingNodeGetsTheWholeTimeout() throws IOException {
        try (ScriptedNode hanging = new ScriptedNode(hang());
                ScriptedNode other = new ScriptedNode(text(200, "{\"removed\":" + NODE4 + "}"));
                RaftgresClient client = client(hanging, other).withTimeout(Duration.ofSeconds(1))) {
            assertThrows(RaftgresException.OutcomeUnknown.class, () -> client.removeMember("node4"));
            assertTrue(other.asked().isEmpty());
            long reported = Long.parseLong(hanging.asked().getLast().header("Raftgres-Timeout-Millis"));
            assertTrue(reported > 800 && reported < 1_000, "" + reported);
        }
    }

    @Test
    void responseOfAnotherProgramIsRefused() throws IOException {
        try (ScriptedNode node = new ScriptedNode(text(200, "{}"), text(200, "<html>"), text(200, ""));
                RaftgresClient client = client(node)) {
            for (int i = 0; i < 3; i++) {
                var e = assertThrows(RaftgresException.BadRequest.class, () -> client.promoteMember("node4"));
                assertTrue(e.getMessage().contains("Check that the endpoint is a Raftgres node"), e.getMessage());
            }
        }
    }

    @Test
    void anOlderNodesMembersHaveDefaults() throws IOException {
        try (ScriptedNode node = new ScriptedNode(text(200, """
                        {"clusterId":"c","self":"1","term":3,"leader":null,"members":[
                        {"id":"1","name":"node1","role":"unreachable"}]}
                        """));
                RaftgresClient client = client(node)) {
            ClusterStatus.Member member = client.cluster().member("node1").orElseThrow();
            assertEquals(0, member.matchIndex());
            assertEquals("", member.state());
            assertEquals("", member.version());
            assertEquals(List.of(), member.alarms());
            assertFalse(member.isReachable());
            assertEquals(member, client.cluster().member("1").orElseThrow());
        }
    }

    @Test
    void aFullDiskMeansNotDone() throws IOException {
        try (ScriptedNode node = new ScriptedNode(
                        problem(507, "the leader's disk is full"),
                        status(204, "Raftgres-Revision", "7"),
                        problem(507, "the leader's disk is full"));
                RaftgresClient client = client(node).withTimeout(Duration.ofSeconds(1))) {
            assertEquals(7, client.put("k", "v").revision(), "it was freed meanwhile");
            var e = assertThrows(RaftgresException.NotDone.class, () -> client.put("k", "v"));
            assertEquals("Not done within 1 s: the leader's disk is full", e.getMessage());
        }
    }
}
