package io.raftgres.bench.suite;

import java.time.Duration;

/** A cluster of this run only. It is stopped even if Ctrl-C interrupts the run. */
public final class OwnCluster implements AutoCloseable {
    private static final int ATTEMPTS = 20;
    private static final Duration BETWEEN = Duration.ofSeconds(1);

    private final Launcher launcher;
    private final Thread hook;

    public OwnCluster(Launcher launcher) {
        this.launcher = launcher;
        hook = new Thread(this::downAtLast, "down");
    }

    public void up(SuitePlan plan) {
        Runtime.getRuntime().addShutdownHook(hook);
        launcher.up(plan.httpPort(), plan.peerPort(), plan.postgresPort(), plan.etcdPort());
    }

    @Override
    public void close() {
        try {
            if (!Runtime.getRuntime().removeShutdownHook(hook)) {
                return;
            }
        } catch (IllegalStateException e) {
            // The JVM is ending: the hook stops the cluster.
            return;
        }
        launcher.down();
    }

    /** A command that was interrupted too may hold the cluster's lock for a moment. */
    private void downAtLast() {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            try {
                launcher.down();
                return;
            } catch (Launcher.Failed e) {
                if (attempt == ATTEMPTS) {
                    System.err.println("The benchmark's cluster was not stopped: " + e.getMessage());
                    return;
                }
                ClusterApi.pause(BETWEEN);
            }
        }
    }
}
