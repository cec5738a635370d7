package io.raftgres.cli.local;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The shape of a local cluster: which nodes there are, and their ports. Node N has the N-th port of each kind, whichever
 * other nodes there are; their numbers may have holes.
 *
 * @param firstNodes how many nodes, from 1, the cluster began with; some of them may have gone
 * @param nodes those that there are, by number; each number is 1 to {@link #MAX_NODES}
 * @param httpPort REST port of node 1
 * @param peerPort Raft port of node 1
 * @param postgresPort PostgreSQL port of node 1
 */
public record Layout(int firstNodes, List<Node> nodes, int httpPort, int peerPort, int postgresPort) {

    public static final int MAX_NODES = 9;
    public static final Layout DEFAULT = new Layout(3, 8081, 9081, 15431);
    public static final String HOST = "127.0.0.1";

    /** How a node came into the cluster, and so what it is told when it starts. */
    public enum Origin {
        /** It began with the cluster. */
        FIRST,
        /** It joined a cluster that there was, to become a voter. */
        JOINED,
        /** It joined, and stays a learner. */
        JOINED_AS_LEARNER
    }

    public record Node(int number, Origin origin) {}

    public Layout {
        nodes = nodes.stream().sorted(Comparator.comparingInt(Node::number)).toList();
        if (firstNodes < 1 || firstNodes > MAX_NODES || nodes.isEmpty() || nodes.getFirst().number() < 1
                || nodes.getLast().number() > MAX_NODES) {
            throw new LocalClusterException("A local cluster has 1 to " + MAX_NODES + " nodes, not "
                    + (nodes.isEmpty() ? 0 : Math.max(firstNodes, nodes.getLast().number())) + ".");
        }
        if (nodes.stream().map(Node::number).distinct().count() < nodes.size()) {
            throw new LocalClusterException("A local cluster has each node once, not " + nodes + ".");
        }
        int ports = nodes.getLast().number();
        checkPort("--http-port", httpPort, ports);
        checkPort("--peer-port", peerPort, ports);
        checkPort("--postgres-port", postgresPort, ports);
        if (overlap(httpPort, peerPort, ports) || overlap(httpPort, postgresPort, ports)
                || overlap(peerPort, postgresPort, ports)) {
            throw new LocalClusterException("The port ranges overlap: each kind needs " + ports
                    + " ports in a row, from " + httpPort + " (REST), " + peerPort + " (peers) and " + postgresPort
                    + " (PostgreSQL).");
        }
    }

    /** A cluster that begins with nodes 1 to {@code nodes}. */
    public Layout(int nodes, int httpPort, int peerPort, int postgresPort) {
        this(nodes, IntStream.rangeClosed(1, nodes).mapToObj(n -> new Node(n, Origin.FIRST)).toList(),
                httpPort, peerPort, postgresPort);
    }

    private static void checkPort(String option, int port, int ports) {
        if (port < 1 || port + ports - 1 > 65_535) {
            throw new LocalClusterException(option + " " + port + " is not the first of " + ports + " valid ports.");
        }
    }

    private static boolean overlap(int a, int b, int ports) {
        return Math.abs(a - b) < ports;
    }

    public List<Integer> numbers() {
        return nodes.stream().map(Node::number).toList();
    }

    /** @return the numbers of those of this origin */
    List<Integer> numbers(Origin origin) {
        return nodes.stream().filter(node -> node.origin() == origin).map(Node::number).toList();
    }

    List<Integer> others(int number) {
        return numbers().stream().filter(n -> n != number).toList();
    }

    /** @return the lowest number that no node has @throws LocalClusterException there is none */
    int nextFree() {
        List<Integer> taken = numbers();
        return IntStream.rangeClosed(1, MAX_NODES)
                .filter(n -> !taken.contains(n))
                .findFirst()
                .orElseThrow(() -> new LocalClusterException(
                        "This cluster has " + taken.size() + " nodes; a local cluster has no more."));
    }

    /** @return this layout with the node, which takes the place of one of the same number */
    Layout with(Node node) {
        List<Node> all = new ArrayList<>(nodes);
        all.removeIf(there -> there.number() == node.number());
        all.add(node);
        return new Layout(firstNodes, all, httpPort, peerPort, postgresPort);
    }

    Layout without(int number) {
        return new Layout(firstNodes, nodes.stream().filter(node -> node.number() != number).toList(),
                httpPort, peerPort, postgresPort);
    }

    Layout withPostgresPort(int port) {
        return new Layout(firstNodes, nodes, httpPort, peerPort, port);
    }

    /** @return such as {@code nodes 1 to 3}, or {@code nodes 1, 2 and 4} */
    String describeNodes() {
        List<Integer> numbers = numbers();
        if (numbers.size() == 1) {
            return "node " + numbers.getFirst() + " only";
        }
        if (numbers.getLast() - numbers.getFirst() == numbers.size() - 1) {
            return "nodes " + numbers.getFirst() + (numbers.size() == 2 ? " and " : " to ") + numbers.getLast();
        }
        return "nodes " + numbers.subList(0, numbers.size() - 1).stream().map(String::valueOf)
                .collect(Collectors.joining(", ")) + " and " + numbers.getLast();
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
        return urlOf(checked(node));
    }

    private String urlOf(int node) {
        return "http://" + HOST + ":" + (httpPort + node - 1);
    }

    public List<String> urls() {
        return numbers().stream().map(this::url).toList();
    }

    String peerAddress(int node) {
        return HOST + ":" + peerPort(node);
    }

    /**
     * @return {@code name=peerhost:peerport@clientUrl} for each that the cluster began with, separated by commas: the same
     *     for ever, also when some have gone
     */
    public String firstPeers() {
        return IntStream.rangeClosed(1, firstNodes).mapToObj(this::peer).collect(Collectors.joining(","));
    }

    /** @return the entry of one node alone */
    String peer(int node) {
        return name(node) + "=" + HOST + ":" + (peerPort + node - 1) + "@" + urlOf(node);
    }

    /** @throws LocalClusterException there is no such node */
    Node node(int number) {
        return nodes.stream().filter(node -> node.number() == number).findFirst()
                .orElseThrow(() -> new LocalClusterException(
                        "There is no node " + number + ": this cluster has " + describeNodes() + "."));
    }

    private int checked(int number) {
        return node(number).number();
    }
}
