package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.javaoperatorsdk.operator.health.InformerHealthIndicator;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import io.javaoperatorsdk.operator.health.Status;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A cluster depends on the watches of its own namespace alone. */
class WatchesTest {

    private static final InformerHealthIndicator CONNECTED = informer(true);
    private static final InformerHealthIndicator LOST = informer(false);

    /** A namespace that was deleted, or that has no Role, made the operator read all clusters live. */
    @Test
    void onlyTheWatchOfTheClustersOwnNamespaceCounts() {
        Source source = new Source(Map.of("one", CONNECTED, "gone", LOST));
        assertEquals(true, Watches.isConnected(source, "one"));
        assertEquals(false, Watches.isConnected(source, "gone"));
        assertEquals(false, Watches.isConnected(source, "unwatched"));
    }

    @Test
    void theWatchOfAllNamespacesCountsForEach() {
        assertEquals(true, Watches.isConnected(new Source(Map.of("JOSDK_ALL_NAMESPACES", CONNECTED)), "one"));
        assertEquals(false, Watches.isConnected(new Source(Map.of("JOSDK_ALL_NAMESPACES", LOST)), "one"));
    }

    private record Source(Map<String, InformerHealthIndicator> informerHealthIndicators)
            implements InformerWrappingEventSourceHealthIndicator<RaftCluster> {}

    private static InformerHealthIndicator informer(boolean connected) {
        return new InformerHealthIndicator() {
            @Override
            public boolean hasSynced() {
                return true;
            }

            @Override
            public boolean isWatching() {
                return connected;
            }

            @Override
            public boolean isRunning() {
                return true;
            }

            @Override
            public String getTargetNamespace() {
                return "one";
            }

            @Override
            public Status getStatus() {
                return connected ? Status.HEALTHY : Status.UNHEALTHY;
            }
        };
    }
}
