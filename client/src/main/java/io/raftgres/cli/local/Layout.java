package io.raftgres.cli.local;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The shape of a local cluster: node N has the N-th port of each kind.
 *
 * @param nodes how many, 1 to {@link #MAX_NODES}
 * @param httpPort REST port of node 1; the others follow
 * @param peerPort Raft port of node 1; the others follow
 * @param postgresPort PostgreSQL port of node 1; the others follow
 */
public record Layout(int nodes, int httpPort, int peerPort, int postgresPort) {

    public static final int MAX_NODES = 9;
    public static final Layout DEFAULT = new Layout(3, 8081, 9081, 15431);
    public static final String HOST = "127.0.0.1";

    public Layout {
        if (nodes < 1 || nodes > MAX_NODES) {
            throw new LocalClusterException("A local cluster has 1 to " + MAX_NODES + " nodes, not " + nodes + ".");
        }
        checkPort("--http-port", httpPort, nodes);
        checkPort("--peer-port", peerPort, nodes);
        checkPort("--postgres-port", postgresPort, nodes);
        if (overlap(httpPort, peerPort, nodes) || overlap(httpPort, postgresPort, nodes)
                || overlap(peerPort, postgresPort, nodes)) {
            throw new LocalClusterException("The port ranges overlap: each kind needs " + nodes
                    + " ports in a row, from " + httpPort + " (REST), " + peerPort + " (peers) and " + postgresPort
                    + " (PostgreSQL).");
        }
    }

    private static void checkPort(String option, int port, int nodes) {
        if (port < 1 || port + nodes - 1 > 65_535) {
            throw new LocalClusterException(option + " " + port + " is not the first of " + nodes + " valid ports.");
        }
    }

    private static boolean overlap(int a, int b, int nodes) {
        return Math.abs(a - b) < nodes;
    }

    public List<Integer> numbers() {
        return IntStream.rangeClosed(1, nodes).boxed().toList();
    }

    public static String name(int node) {
        return "node" + node;
    }

    public int httpPort(int node) {
        return httpPort + checked(node) - 1;
    }

    public int peerPort(int node) {
        return peerPort + checked(node) - 1;
    }

    public int postgresPort(int node) {
        return postgresPort + checked(node) - 1;
    }

    public String url(int node) {
        return "http://" + HOST + ":" + httpPort(node);
    }

    public List<String> urls() {
        return numbers().stream().map(this::url).toList();
    }

    /** @return {@code name=peerhost:peerport@clientUrl}, one for each node, separated by commas */
    public String peers() {
        return numbers().stream()
                .map(n -> name(n) + "=" + HOST + ":" + peerPort(n) + "@" + url(n))
                .collect(Collectors.joining(","));
    }

    private int checked(int node) {
        if (node < 1 || node > nodes) {
            throw new LocalClusterException("There is no node " + node + ": this cluster has nodes 1 to " + nodes + ".");
        }
        return node;
    }
}
