package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Scales from one node to three, five, three and one while clients write. No write is lost, and no gap is above two
 * seconds.
 */
@OnKubernetes
class ScaleIT {

    private static final Duration GAP_MOST = Duration.ofSeconds(2);

    @Test
    void fromOneToFiveAndBackUnderLoad(Namespace namespace) throws Exception {
        RaftCluster cluster = namespace.apply("replicas: 1");
        cluster.awaitSettled(1);
        try (ClientPod client = ClientPod.start(namespace.name(), "c")) {
            int from = 1;
            for (int to : new int[] {3, 5, 3, 1}) {
                client.gap("from " + from + " to " + to, GAP_MOST, () -> scale(cluster, to));
                from = to;
            }
        }
        assertEquals(Set.of("data-c-0"), cluster.claims().keySet(), "the claims of nodes that are gone");
    }

    /** Scales with kubectl, so that the scale subresource is tested too. */
    private static void scale(RaftCluster cluster, int to) throws Exception {
        Shell.run("kubectl", "-n", cluster.namespace(), "scale", "raftcluster", cluster.name(), "--replicas=" + to);
        cluster.awaitSettled(to);
    }
}
