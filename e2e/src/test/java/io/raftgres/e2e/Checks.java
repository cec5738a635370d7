package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.client.Consistency;
import io.raftgres.client.GetResult;
import io.raftgres.client.RaftgresClient;
import io.raftgres.e2e.load.Load;
import io.raftgres.linearizability.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/** Checks a cluster after a load has ended. */
final class Checks {
    private Checks() {}

    /** No acknowledged write is lost on any of these nodes, and no read was stale. */
    static void check(Load load, Cluster cluster, int... nodes) {
        Verdict verdict = load.verdict();
        System.out.println(verdict);
        assertTrue(verdict.ok(), verdict::toString);
        Map<String, Long> acknowledged = load.acknowledged();
        for (int node : nodes) {
            try (RaftgresClient client =
                    RaftgresClient.builder().endpoint(cluster.url(node)).build()) {
                client.get("barrier");
                for (Map.Entry<String, Long> each : acknowledged.entrySet()) {
                    GetResult local = client.get(each.getKey().getBytes(StandardCharsets.UTF_8), Consistency.LOCAL);
                    assertEquals(
                            each.getValue(),
                            local.found() ? local.row().modRevision() : 0,
                            () -> each.getKey() + " on node" + node);
                }
            }
        }
        System.out.printf(
                "%d writes, %d keys of their own, all on node %s%n",
                load.writes(), acknowledged.size(), Arrays.toString(nodes));
    }
}
