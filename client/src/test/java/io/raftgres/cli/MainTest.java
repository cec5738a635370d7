package io.raftgres.cli;

import static io.raftgres.client.ScriptedNode.problem;
import static io.raftgres.client.ScriptedNode.status;
import static io.raftgres.client.ScriptedNode.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.client.ScriptedNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {

    private record Ran(int code, String out, String err) {}

    @TempDir
    private Path directory;

    private Ran run(ScriptedNode node, String... args) {
        List<String> line = new ArrayList<>(List.of(args));
        if (node != null) {
            line.addAll(List.of("--endpoint", node.url(), "--timeout", "3s"));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, false, StandardCharsets.UTF_8),
                line.toArray(String[]::new));
        return new Ran(code, printed(out), printed(err));
    }

    private static String printed(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }

    @Test
    void putPrintsTheRevision() throws IOException {
        try (ScriptedNode node = new ScriptedNode(status(201, "Raftgres-Revision", "7"))) {
            assertEquals(new Ran(0, "created at revision 7\n", ""), run(node, "put", "k", "v"));
            assertEquals(
                    new Ran(0, "{\"revision\":7,\"created\":true}\n", ""), run(node, "put", "k", "v", "-o", "json"));
            assertEquals(
                    "REVISION  CREATED\n7         true\n",
                    run(node, "put", "k", "v", "-o", "table").out());
        }
    }

    @Test
    void putTakesAFile() throws IOException {
        byte[] value = {0, 1, (byte) 0xFF};
        Path file = Files.write(directory.resolve("value"), value);
        try (ScriptedNode node = new ScriptedNode(status(204, "Raftgres-Revision", "7"))) {
            assertEquals(0, run(node, "put", "k", "--file", file.toString()).code());
            assertArrayEquals(value, node.asked().getFirst().body());
            Ran missing =
                    run(node, "put", "k", "--file", directory.resolve("no").toString());
            assertEquals(2, missing.code());
            assertTrue(missing.err().contains("There is no file"), missing.err());
        }
    }

    @Test
    void getPrintsTextAsItIsAndOtherBytesEscaped() throws IOException {
        try (ScriptedNode node =
                new ScriptedNode(text(200, "grüß\nGott", "Raftgres-Revision", "7"), (asked, exchange) -> {
                    exchange.getResponseHeaders().set("Raftgres-Revision", "7");
                    exchange.sendResponseHeaders(200, 3);
                    exchange.getResponseBody().write(new byte[] {'a', 0, (byte) 0xFF});
                    exchange.close();
                })) {
            assertEquals(new Ran(0, "grüß\nGott\n", ""), run(node, "get", "k"));
            assertEquals(new Ran(0, "a\\x00\\xFF\n", ""), run(node, "get", "k"));
            assertEquals(
                    "{\"key\":\"k\",\"valueBase64\":\"YQD/\",\"createRevision\":0,\"modRevision\":0,"
                            + "\"version\":0}\n",
                    run(node, "get", "k", "-o", "json").out());
        }
    }

    @Test
    void getOfAPrefixIsATableThatNoValueCanBreak() throws IOException {
        String rows = "{\"key\":\"YQ==\",\"value\":\"eApb\",\"createRevision\":2,\"modRevision\":3,\"version\":2}\n"
                + "{\"key\":\"YWJj\",\"value\":\"dg==\",\"createRevision\":4,\"modRevision\":4,\"version\":1}\n"
                + "{\"revision\":5,\"more\":false}\n";
        try (ScriptedNode node = new ScriptedNode(text(200, rows))) {
            assertEquals("""
                    KEY  VALUE  REVISION  VERSION
                    a    x\\n[   3         2
                    abc  v      4         1
                    """, run(node, "get", "--prefix", "a").out());
            assertEquals(
                    "a\nabc\n",
                    run(node, "get", "--prefix", "a", "--keys-only", "-o", "plain")
                            .out());
        }
    }

    @Test
    void exitCodesDistinguishOutcomes() throws IOException {
        try (ScriptedNode node = new ScriptedNode(
                problem(404, "none", "Raftgres-Revision", "7"),
                problem(412, "changed", "Raftgres-Revision", "7", "Raftgres-Mod-Revision", "6"),
                problem(400, "the key is too odd"),
                problem(503, "no leader"))) {
            assertEquals(new Ran(1, "", "raftgres: There is no key 'k'.\n"), run(node, "get", "k"));
            assertEquals(
                    new Ran(1, "", "raftgres: Not done: 'k' is at revision 6, not at 5.\n"),
                    run(node, "put", "k", "v", "--if-revision", "5"));
            assertEquals(new Ran(2, "", "raftgres: the key is too odd\n"), run(node, "put", "k", "v"));
            assertEquals(new Ran(3, "", "raftgres: Not done within 3 s: no leader\n"), run(node, "put", "k", "v"));
        }
        try (ScriptedNode node = new ScriptedNode(problem(504, "lost"))) {
            assertEquals(4, run(node, "put", "k", "v").code());
        }
    }

    @Test
    void compactPrintsTheOldestRevisionLeft() throws IOException {
        try (ScriptedNode node = new ScriptedNode(
                text(200, "{\"compactedRevision\":7}"),
                text(200, "{\"compactedRevision\":7}"),
                text(200, "{\"compactedRevision\":7}"),
                problem(410, "revision 7 has been compacted; the oldest that can be read is 7"),
                problem(400, "revision 99 is in the future; the store is at 9"))) {
            assertEquals(
                    new Ran(0, "compacted: the oldest revision that can be read is 7\n", ""),
                    run(node, "compact", "7"));
            assertEquals("{\"revision\":7}", new String(node.asked().getFirst().body(), StandardCharsets.UTF_8));
            assertEquals(new Ran(0, "{\"compactedRevision\":7}\n", ""), run(node, "compact", "7", "-o", "json"));
            assertEquals(
                    "COMPACTED\n7\n", run(node, "compact", "7", "-o", "table").out());
            assertEquals(
                    new Ran(2, "", "raftgres: revision 7 has been compacted; the oldest that can be read is 7\n"),
                    run(node, "compact", "7"));
            assertEquals(2, run(node, "compact", "99").code());
        }
    }

    @Test
    void badUsageIsOneSentenceAndAPointer() {
        for (String[] line : new String[][] {
            {"put", "k"},
            {"get"},
            {"get", "a", "--prefix", "b"},
            {"delete"},
            {"compact"},
            {"compact", "x"},
            {"compact", "0"},
            {"nonsense"},
            {"node"},
            {"node", "kill", "x"},
            {"node", "add", "4"},
            {"node", "remove"},
            {"node", "replace"},
            {"restart", "1"},
            {"member"},
            {"member", "add", "node4", "127.0.0.1:9084"},
            {"member", "update", "node4"},
            {"member", "remove"},
            {"member", "list", "-o", "xml"},
            {"transfer", "a", "b"},
            {"get", "k", "--timeout", "soon"},
            {"get", "k", "-o", "xml"},
            {"delete", "--prefix", "p", "--if-revision", "3"},
            {"get", "k", "--endpoint", "ftp://x"},
        }) {
            Ran ran = run(null, line);
            assertEquals(2, ran.code(), String.join(" ", line) + ": " + ran);
            assertEquals("", ran.out());
            assertTrue(ran.err().startsWith("raftgres: ") && ran.err().lines().count() <= 2, ran.err());
        }
    }

    private static final String NODE4 = """
            {"id":"00000000000000a4","name":"node4","role":"learner","voter":false,"peerAddress":"127.0.0.1:9084",
            "clientAddress":"http://127.0.0.1:8084","term":3,"lastTerm":2,"lastIndex":123,"commitIndex":120,
            "appliedIndex":90,"storedIndex":80,
            "matchIndex":100,"lag":23,"revision":9,"hash":"0","hashIndex":90,"state":"rebuilding",
            "alarms":["no-space","slow-disk"],"version":"0.2","ageMillis":5}""";
    private static final String CLUSTER = """
            {"clusterId":"00c1","self":"1","term":3,"leader":{"id":"1","name":"node1"},"members":[
            {"id":"1","name":"node1","role":"leader","term":3,"commitIndex":12,"appliedIndex":11,"revision":9,
            "clientAddress":"http://127.0.0.1:8081"}]}
            """;

    @Test
    void statusShowsTheMembers() throws IOException {
        try (ScriptedNode node = new ScriptedNode(text(200, CLUSTER))) {
            assertEquals("""
                    cluster 00c1, term 3, leader node1

                    NODE   ROLE    STATE  TERM  COMMIT  APPLIED  LAG  REVISION  ADDRESS
                    node1  leader  -      3     12      11       0    9         http://127.0.0.1:8081
                    """, run(node, "status").out());
            assertTrue(run(node, "status", "-o", "json").out().startsWith("{\"cluster\":{\"clusterId\":\"00c1\""));
        }
    }

    @Test
    void statusWithoutALeaderShowsWhichMemberHasTheMost() throws IOException {
        String leaderless = CLUSTER.replace("{\"id\":\"1\",\"name\":\"node1\"},", "null,")
                .replace("\"leader\",\"term\":3,", "\"follower\",\"term\":3,")
                .replace("}]}", "}," + NODE4 + "]}");
        try (ScriptedNode node = new ScriptedNode(text(200, leaderless))) {
            String out = run(node, "status").out();
            assertTrue(out.contains("""
                            NODE   ROLE      STATE       TERM  COMMIT  APPLIED  LASTTERM  LASTINDEX  REVISION  ADDRESS
                            node1  follower  -           3     12      11       -         -          9         http://127.0.0.1:8081
                            node4  learner   rebuilding  3     120     90       2         123        9         http://127.0.0.1:8084
                            """), out);
        }
    }

    @Test
    void statusShowsProblems() throws IOException {
        try (ScriptedNode node = new ScriptedNode(text(200, CLUSTER.replace("}]}", "}," + NODE4 + "]}")))) {
            assertEquals("""
                    cluster 00c1, term 3, leader node1

                    NODE   ROLE     STATE       TERM  COMMIT  APPLIED  LAG  REVISION  ADDRESS
                    node1  leader   -           3     12      11       0    9         http://127.0.0.1:8081
                    node4  learner  rebuilding  3     120     90       23   9         http://127.0.0.1:8084

                    NODE   ALARMS
                    node4  no-space,slow-disk
                    """, run(node, "status").out());
        }
    }

    @Test
    void statusFitsATerminal() throws IOException {
        String wide = NODE4.replace("learner", "unreachable")
                .replace("rebuilding", "unreachable")
                .replace(":120,", ":123456789,")
                .replace(":90,", ":123456789,")
                .replace("\"lag\":23", "\"lag\":123456")
                .replace("\"revision\":9", "\"revision\":123456789");
        try (ScriptedNode node = new ScriptedNode(text(200, CLUSTER.replace("}]}", "}," + wide + "]}")))) {
            String out = run(node, "status").out();
            assertTrue(out.contains("123456789") && out.lines().allMatch(line -> line.length() <= 110), out);
        }
    }

    @Test
    void membersAreListed() throws IOException {
        try (ScriptedNode node = new ScriptedNode(text(200, CLUSTER.replace("}]}", "}," + NODE4 + "]}")))) {
            assertEquals("""
                    NAME   ID                ROLE     STATE       MATCH  LAG  VERSION  PEER            CLIENT\
                                     ALARMS
                    node1  1                 leader   -           0      0    -        -               \
                    http://127.0.0.1:8081  -
                    node4  00000000000000a4  learner  rebuilding  100    23   0.2      127.0.0.1:9084  \
                    http://127.0.0.1:8084  no-space,slow-disk
                    """, run(node, "member", "list").out());
            assertEquals(
                    "node4\t00000000000000a4\tlearner\trebuilding\t100\t23\t0.2\t127.0.0.1:9084\t"
                            + "http://127.0.0.1:8084\tno-space,slow-disk",
                    run(node, "member", "list", "-o", "plain")
                            .out()
                            .lines()
                            .toList()
                            .getLast());
            String json = run(node, "member", "list", "-o", "json")
                    .out()
                    .lines()
                    .toList()
                    .getLast();
            assertEquals(NODE4.replace("\n", ""), json);
        }
    }

    @Test
    void membersAreChanged() throws IOException {
        String member = "{\"member\":" + NODE4 + "}";
        try (ScriptedNode node = new ScriptedNode(
                text(201, "{\"clusterId\":\"00c1\",\"member\":" + NODE4 + ",\"members\":[]}"),
                text(200, member),
                text(200, member),
                text(200, "{\"removed\":" + NODE4 + "}"),
                text(200, member))) {
            assertEquals(
                    new Ran(0, "added node4 as a learner, id 00000000000000a4\n", ""),
                    run(node, "member", "add", "node4", "127.0.0.1:9084", "http://127.0.0.1:8084", "--replace"));
            assertTrue(asked(node).endsWith("\"replace\":true}"), asked(node));
            assertEquals(new Ran(0, "promoted node4: it is a voter\n", ""), run(node, "member", "promote", "node4"));
            assertEquals(
                    new Ran(
                            0,
                            "updated node4: peers reach it at 127.0.0.1:9084, clients at" + " http://127.0.0.1:8084\n",
                            ""),
                    run(node, "member", "update", "node4", "--peer-address", "127.0.0.1:9084"));
            assertEquals("PATCH /v1/members/node4 {\"peerAddress\":\"127.0.0.1:9084\"}", asked(node));
            assertEquals(
                    new Ran(0, "removed node4, id 00000000000000a4\n", ""),
                    run(node, "member", "remove", "00000000000000a4"));
            assertEquals("DELETE /v1/members/00000000000000a4 ", asked(node));
            assertEquals(
                    NODE4.replace("\n", "") + "\n",
                    run(node, "member", "promote", "node4", "-o", "json").out());
        }
    }

    private static String asked(ScriptedNode node) {
        ScriptedNode.Asked last = node.asked().getLast();
        return last.method() + " " + last.path() + " " + new String(last.body(), StandardCharsets.UTF_8);
    }

    @Test
    void memberChangesHaveTheirExitCodes() throws IOException {
        String missing = "{\"type\":\"/problems/member-not-found\",\"detail\":\"There is no member node9.\"}";
        try (ScriptedNode node = new ScriptedNode(
                text(404, missing),
                problem(409, "node4 is 23 entries behind; wait until it has caught up."),
                problem(504, "no response in time"),
                problem(503, "no leader"))) {
            assertEquals(
                    new Ran(1, "", "raftgres: There is no member node9.\n"), run(node, "member", "remove", "node9"));
            assertEquals(
                    new Ran(2, "", "raftgres: node4 is 23 entries behind; wait until it has caught up.\n"),
                    run(node, "member", "promote", "node4"));
            assertEquals(
                    new Ran(
                            4,
                            "",
                            "raftgres: The change may have been done, but got no response:" + " no response in time\n"),
                    run(node, "member", "remove", "node4"));
            assertEquals(3, run(node, "member", "remove", "node4").code());
        }
    }

    @Test
    void aTransferSaysHowLongItTook() throws IOException {
        String response = "{\"leader\":{\"id\":\"2\",\"name\":\"node2\"}}";
        try (ScriptedNode node = new ScriptedNode(
                text(200, CLUSTER),
                text(200, response),
                text(200, CLUSTER),
                text(200, response),
                text(200, CLUSTER),
                problem(409, "node3 is a learner."))) {
            Ran ran = run(node, "transfer", "node2");
            assertTrue(ran.code() == 0 && ran.out().matches("node2 leads after \\d+ ms\n"), ran.toString());
            assertEquals("POST /v1/leader {\"target\":\"node2\"}", asked(node));
            assertTrue(run(node, "transfer", "-o", "json")
                    .out()
                    .matches("\\{\"leader\":\\{\"id\":\"2\",\"name\":\"node2\"},\"millis\":\\d+}\n"));
            assertEquals("POST /v1/leader {}", asked(node));
            assertEquals(new Ran(2, "", "raftgres: node3 is a learner.\n"), run(node, "transfer", "node3"));
        }
    }

    @Test
    void everyCommandExplainsItself() {
        for (String command : List.of(
                "up",
                "restart",
                "member",
                "member list",
                "member add",
                "member promote",
                "member update",
                "member remove",
                "transfer",
                "node",
                "node add",
                "node remove",
                "node replace")) {
            List<String> line = new ArrayList<>(List.of(command.split(" ")));
            line.add("--help");
            Ran ran = run(null, line.toArray(String[]::new));
            assertEquals(0, ran.code(), ran::toString);
            assertTrue(ran.out().contains("Usage: raftgres " + command), ran.out());
            assertTrue(ran.out().lines().allMatch(printed -> printed.length() <= 80), ran.out());
        }
    }

    @Test
    void watchPrintsALineForEachChange() throws IOException {
        try (ScriptedNode node = new ScriptedNode(ScriptedNode.streamOpen("""
                event: created
                id: 6
                data: {"revision":6}

                event: put
                id: 7
                data: {"key":"aw==","value":"dg==","createRevision":7,"modRevision":7,"version":1}

                event: delete
                id: 8
                data: {"key":"aw==","modRevision":8}

                """))) {
            assertEquals(
                    "7          put     k = v\n8          delete  k\n",
                    run(node, "watch", "--count", "2").out());
        }
    }

    @Test
    void aRecoveryMustBeForced() {
        Ran ran = run(null, "recover", "--node", "2", "--data", directory.toString());
        assertEquals(2, ran.code());
        assertTrue(ran.err().contains("--force-new-cluster"), ran.err());
        ran = run(null, "recover", "--force-new-cluster", "--data", directory.toString());
        assertEquals(2, ran.code());
        assertTrue(ran.err().contains("--node"), ran.err());
    }

    @Test
    void localClusterCommandsReportAMissingCluster() {
        for (String command :
                List.of("down", "restart", "node add", "node remove 1", "node replace 1", "node stop 1")) {
            List<String> line = new ArrayList<>(List.of(command.split(" ")));
            line.addAll(List.of("--data", directory.toString()));
            Ran ran = run(null, line.toArray(String[]::new));
            assertEquals(3, ran.code());
            assertTrue(ran.err().contains("There is no cluster in " + directory), ran.err());
        }
    }
}
