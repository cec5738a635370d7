package io.raftgres.bench.suite;

import io.raftgres.bench.load.Endpoint;
import java.util.List;

/**
 * How to run the suite.
 *
 * @param launcher null when the nodes cannot be killed: then there are no elections
 * @param own start the cluster first and stop it afterwards; {@code endpoints} is empty then
 * @param endpoints of a cluster that runs
 * @param seconds measured in each step
 * @param keys filled before reading; @param kills leaders to kill
 * @param httpPort first of the ports of a cluster of its own, and likewise the other three
 */
public record SuitePlan(
        Launcher launcher,
        boolean own,
        List<Endpoint> endpoints,
        double seconds,
        boolean quick,
        int keys,
        int kills,
        int httpPort,
        int peerPort,
        int postgresPort,
        int etcdPort) {

    public static final int VALUE_BYTES = 256;

    public SuitePlan {
        endpoints = List.copyOf(endpoints);
        if (own == !endpoints.isEmpty() || (own && launcher == null)) {
            throw new IllegalArgumentException("either endpoints, or a cluster of its own with a launcher");
        }
        if (!(seconds > 0 && seconds <= 3600) || keys < 100 || kills < 0) {
            throw new IllegalArgumentException("want seconds above 0, 100 keys or more, and no negative kills");
        }
    }

    double warmupSeconds() {
        return Math.max(0.5, seconds * 0.3);
    }
}
