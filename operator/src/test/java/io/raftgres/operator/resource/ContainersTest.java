package io.raftgres.operator.resource;

import static io.raftgres.operator.resource.Clusters.environment;
import static io.raftgres.operator.resource.Clusters.node;
import static io.raftgres.operator.resource.Clusters.plain;
import static io.raftgres.operator.resource.Clusters.postgres;
import static io.raftgres.operator.resource.Clusters.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Container;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The containers of a pod: the node and its PostgreSQL. */
class ContainersTest {

    @Test
    void postgresIsANativeSidecarOfItsOwnCommand() {
        Container postgres = postgres(plain());
        assertEquals("Always", postgres.getRestartPolicy());
        assertEquals("sh /etc/raftgres/run.sh", String.join(" ", postgres.getCommand()));
        assertTrue(postgres.getStartupProbe().getExec().getCommand().contains("pg_isready"));
        assertNull(postgres.getLifecycle());
        assertNull(postgres.getLivenessProbe());
    }

    @Test
    void aNodeFindsTheOthersByWhatIsInTheConfigMap() {
        Map<String, String> environment = environment(node(plain()));
        assertEquals("metadata.name", environment.get("POD_NAME"));
        assertEquals(
                "$(POD_NAME).c-peers.ns.svc:9081@http://$(POD_NAME).c-peers.ns.svc:8081",
                environment.get("RAFTGRES_ADVERTISE"));
        assertEquals("key peers", environment.get("RAFTGRES_PEERS"));
        assertEquals("key join", environment.get("RAFTGRES_JOIN"));
        assertEquals("1h", environment.get("RAFTGRES_HISTORY_TIME"));
    }

    /** A node refuses HTTP requests for names that are not its own: another website's page may send them. */
    @Test
    void aNodeKnowsWhatItsServicesAreCalled() {
        List<String> hosts = hosts(plain());
        for (String each : List.of(
                "c",
                "c.ns",
                "c.ns.svc",
                "c.ns.svc.cluster.local",
                "c-leader.ns.svc",
                "c-peers.ns.svc",
                "*.c-peers.ns.svc",
                "*.c-peers.ns.svc.cluster.local")) {
            assertTrue(hosts.contains(each), each);
        }
        RaftCluster more = with("allowedHosts: [db.example.com]");
        assertEquals("db.example.com", hosts(more).getLast());
        assertNotEquals(StatefulSets.templateOf(plain(), "node:1"), StatefulSets.templateOf(more, "node:1"));
    }

    private static List<String> hosts(RaftCluster cluster) {
        return List.of(environment(node(cluster)).get("RAFTGRES_ALLOWED_HOSTS").split(","));
    }
}
