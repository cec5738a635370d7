package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.raftgres.e2e.Await;
import io.raftgres.e2e.Cluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What begins with etcdctl and ends with a node: members that were announced, and a cluster out of a snapshot. */
class EtcdctlLifeIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path folder;

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
    void aMemberThatWasAnnouncedComesIsPromotedAndRemoved() throws Exception {
        try (Cluster cluster = Cluster.start(folder, 3)) {
            Etcdctl etcdctl = new Etcdctl(cluster.etcdEndpoints(), folder.resolve("etcdctl"));
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
            Etcdctl fourth = new Etcdctl("127.0.0.1:" + cluster.etcdPort(4), folder.resolve("fourth"));
            Await.until("node4 answers", PATIENCE, () -> fourth.raw("get a --print-value-only").trim().equals("b"));
            Await.until("it is promoted", PATIENCE, () -> etcdctl.raw("member promote " + id(started)).contains("promoted"));
            assertFalse(member(etcdctl, port).path("isLearner").asBoolean());
            assertTrue(etcdctl.raw("member remove " + id(started)).contains("removed"));
            assertEquals(null, member(etcdctl, port));
            assertEquals("b", etcdctl.raw("get a --print-value-only").trim());
        }
    }

    @Test
    void aSnapshotBecomesACluster() throws Exception {
        Path snapshot = folder.resolve("snapshot.db");
        String keys;
        String leases;
        try (Cluster cluster = Cluster.start(folder.resolve("old"), 3)) {
            Etcdctl etcdctl = new Etcdctl(cluster.etcdEndpoints(), folder.resolve("etcdctl"));
            for (int i = 0; i < 20; i++) {
                etcdctl.run("put key" + i + " value" + i, "", 0);
            }
            etcdctl.run("del key3", "", 0);
            etcdctl.run("lease grant 5000", "", 0);
            etcdctl.run("put leased x --lease=$LEASE", "", 0);
            etcdctl.run("user add u:p", "", 0);
            keys = etcdctl.raw("get key --prefix -w fields").replaceAll("\"(ClusterID|MemberID|RaftTerm)\" : .*", "");
            leases = etcdctl.raw("lease list");
            Etcdctl one = new Etcdctl("127.0.0.1:" + cluster.etcdPort(2), folder.resolve("one"));
            assertTrue(one.raw("snapshot save " + snapshot).contains("aved"), "saved");
        }
        assertTrue(Files.size(snapshot) > 0);
        try (Cluster cluster = Cluster.restored(folder.resolve("new"), snapshot)) {
            Etcdctl etcdctl = new Etcdctl("127.0.0.1:" + cluster.etcdPort(1), folder.resolve("restored"));
            assertEquals(keys,
                    etcdctl.raw("get key --prefix -w fields").replaceAll("\"(ClusterID|MemberID|RaftTerm)\" : .*", ""));
            assertEquals(leases, etcdctl.raw("lease list"));
            assertEquals("u", etcdctl.raw("user list").trim());
            assertEquals("value3", etcdctl.raw("get key3 --rev=15 --print-value-only").trim(), "history comes along");
            assertEquals("OK", etcdctl.raw("put after it").trim());
            cluster.run("node", "add");
            Etcdctl second = new Etcdctl("127.0.0.1:" + cluster.etcdPort(2), folder.resolve("second"));
            Await.until("node2 answers", PATIENCE, () -> second.raw("get after --print-value-only").trim().equals("it"));
        }
    }
}
