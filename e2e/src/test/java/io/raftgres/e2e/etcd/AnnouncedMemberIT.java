package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.raftgres.e2e.Await;
import io.raftgres.e2e.Cluster;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A member that was added with etcdctl before its node started. When the node starts, it takes the member's place and
 * id.
 */
@Tag("long")
class AnnouncedMemberIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    private static JsonNode member(Etcdctl etcdctl, int peerPort) throws Exception {
        for (JsonNode member : JSON.readTree(etcdctl.raw("member list -w json")).get("members")) {
            if (member.at("/peerURLs/0").asText().endsWith(":" + peerPort)) {
                return member;
            }
        }
        return null;
    }

    private static String id(JsonNode member) {
        return Long.toHexString(member.get("ID").bigIntegerValue().longValue());
    }

    @Test
    void unstartedMemberJoinsIsPromotedAndRemoved() throws Exception {
        try (Cluster cluster = Cluster.start(directory, 3)) {
            Etcdctl etcdctl = new Etcdctl(cluster.etcdEndpoints(), directory.resolve("etcdctl"));
            etcdctl.run("put a b", "", 0);
            int port = cluster.peerPort(4);
            etcdctl.run("member add later --learner --peer-urls=http://127.0.0.1:" + port, "", 0);
            JsonNode announced = member(etcdctl, port);
            assertTrue(announced.get("isLearner").asBoolean());
            assertFalse(announced.has("name") && !announced.get("name").asText().isEmpty(), "it has not started");
            cluster.run("node", "add", "--learner");
            JsonNode started = member(etcdctl, port);
            assertEquals(id(announced), id(started), "it takes the place that it was given");
            assertEquals("node4", started.get("name").asText());
            Etcdctl fourth = new Etcdctl("127.0.0.1:" + cluster.etcdPort(4), directory.resolve("fourth"));
            Await.until(
                    "node4 answers",
                    PATIENCE,
                    () -> fourth.raw("get a --print-value-only").trim().equals("b"));
            Await.until(
                    "it is promoted",
                    PATIENCE,
                    () -> etcdctl.raw("member promote " + id(started)).contains("promoted"));
            assertFalse(member(etcdctl, port).path("isLearner").asBoolean());
            assertTrue(etcdctl.raw("member remove " + id(started)).contains("removed"));
            assertEquals(null, member(etcdctl, port));
            assertEquals("b", etcdctl.raw("get a --print-value-only").trim());
        }
    }
}
