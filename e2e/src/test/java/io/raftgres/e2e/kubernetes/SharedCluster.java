package io.raftgres.e2e.kubernetes;

import java.time.Duration;

/**
 * A cluster of three nodes that tests use one after the other. A failed test deletes it, and the next test gets a new
 * one.
 */
final class SharedCluster implements AutoCloseable {

    /** ApplyIT tests how fast a cluster starts. Here a busy machine must not fail a test. */
    private static final Duration HEALTHY_WITHIN = Duration.ofSeconds(240);

    private Namespace namespace;
    private RaftCluster cluster;

    String namespace() {
        return namespace.name();
    }

    RaftCluster healthy() {
        try {
            if (namespace == null) {
                namespace = Namespace.create("shared");
                cluster = namespace.apply("replicas: 3");
            }
            cluster.awaitSettled(3, HEALTHY_WITHIN);
            return cluster;
        } catch (Exception | AssertionError e) {
            Diagnostics.print(namespace.name(), null);
            discard();
            throw new IllegalStateException("no healthy cluster to test with", e);
        }
    }

    void discard() {
        namespace.close();
        namespace = null;
    }

    @Override
    public void close() {
        if (namespace != null) {
            namespace.close();
        }
    }
}
