package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.e2e.Await;
import io.raftgres.e2e.Cluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot that etcdctl has saved becomes another cluster with all data: history, leases and users. */
@Tag("long")
class SnapshotRestoreIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    /** Compares the keys with their revisions, without the cluster's name and ids. */
    private static String keys(Etcdctl etcdctl) throws Exception {
        return etcdctl.raw("get key --prefix -w fields").replaceAll("\"(ClusterID|MemberID|RaftTerm)\" : .*", "");
    }

    @Test
    void aSnapshotBecomesACluster() throws Exception {
        Path snapshot = directory.resolve("snapshot.db");
        String keys;
        String leases;
        try (Cluster cluster = Cluster.start(directory.resolve("old"), 3)) {
            Etcdctl etcdctl = new Etcdctl(cluster.etcdEndpoints(), directory.resolve("etcdctl"));
            for (int i = 0; i < 20; i++) {
                etcdctl.run("put key" + i + " value" + i, "", 0);
            }
            etcdctl.run("del key3", "", 0);
            etcdctl.run("lease grant 5000", "", 0);
            etcdctl.run("put leased x --lease=$LEASE", "", 0);
            etcdctl.run("user add u:p", "", 0);
            keys = keys(etcdctl);
            leases = etcdctl.raw("lease list");
            Etcdctl one = new Etcdctl("127.0.0.1:" + cluster.etcdPort(2), directory.resolve("one"));
            assertTrue(one.raw("snapshot save " + snapshot).contains("aved"), "saved");
        }
        assertTrue(Files.size(snapshot) > 0);
        try (Cluster cluster = Cluster.restored(directory.resolve("new"), snapshot)) {
            Etcdctl etcdctl = new Etcdctl("127.0.0.1:" + cluster.etcdPort(1), directory.resolve("restored"));
            assertEquals(keys, keys(etcdctl));
            assertEquals(leases, etcdctl.raw("lease list"));
            assertEquals("u", etcdctl.raw("user list").trim());
            assertEquals(
                    "value3",
                    etcdctl.raw("get key3 --rev=15 --print-value-only").trim(),
                    "history comes along");
            assertEquals("OK", etcdctl.raw("put after it").trim());
            cluster.run("node", "add");
            Etcdctl second = new Etcdctl("127.0.0.1:" + cluster.etcdPort(2), directory.resolve("second"));
            Await.until(
                    "node2 answers",
                    PATIENCE,
                    () -> second.raw("get after --print-value-only").trim().equals("it"));
        }
    }
}
