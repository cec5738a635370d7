package io.raftgres.bench.suite;

/** A cluster that lives as long as the run, and is stopped even when the run is interrupted with Ctrl-C. */
final class OwnCluster implements AutoCloseable {
    private final Launcher launcher;
    private final Thread hook;

    OwnCluster(Launcher launcher) {
        this.launcher = launcher;
        hook = new Thread(launcher::down, "down");
    }

    void up(SuitePlan plan) {
        Runtime.getRuntime().addShutdownHook(hook);
        launcher.up(plan.httpPort(), plan.peerPort(), plan.postgresPort());
    }

    @Override
    public void close() {
        try {
            if (!Runtime.getRuntime().removeShutdownHook(hook)) {
                return;
            }
        } catch (IllegalStateException e) {
            // The JVM is ending: the hook does it.
            return;
        }
        launcher.down();
    }
}
