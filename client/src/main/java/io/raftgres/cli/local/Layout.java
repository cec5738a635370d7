package io.raftgres.cli.local;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The nodes and ports of a local cluster. Node numbers may have gaps: node N always has the N-th port of each kind,
 * which is the first port plus N - 1. For etcd's API that holds only if its first port was chosen. Without a choice,
 * the nodes have the ports that etcd's users know ({@link #ETCDS_OWN}).
 *
 * @param firstNodes number of nodes, from 1, with which the cluster began; some of them may have been removed
 * @param nodes the current nodes, by number; each number is 1 to {@link #MAX_NODES}
 * @param httpPort REST port of node 1
 * @param peerPort Raft port of node 1
 * @param postgresPort PostgreSQL port of node 1
 * @param etcdPort port of etcd's API of node 1, or {@link #ETCDS_OWN}
 * @param tls whether all ports but PostgreSQL's are encrypted
 */
public record Layout(
        int firstNodes, List<Node> nodes, int httpPort, int peerPort, int postgresPort, int etcdPort, boolean tls) {

    public static final int MAX_NODES = 9;
    public static final Layout DEFAULT = new Layout(3, 8081, 9081, 15431, 0);
    /**
     * Stands for no chosen port: 2379 for node 1, then 22379, 32379, 42379 and 52379, as in etcd's own example of a
     * local cluster; nodes 6 to 9, for which no such ports are left, have 2479, 22479, 32479 and 42479.
     */
    public static final int ETCDS_OWN = 0;

    public static final String HOST = "127.0.0.1";

    /** How a node entered the cluster. It decides which options the node gets when it starts. */
    public enum Origin {
        /** The node was there when the cluster began. */
        FIRST,
        /** The node joined an existing cluster, to become a voter. */
        JOINED,
        /** The node joined an existing cluster, and stays a learner. */
        JOINED_AS_LEARNER
    }

    public record Node(int number, Origin origin) {}

    public Layout {
        nodes = nodes.stream().sorted(Comparator.comparingInt(Node::number)).toList();
        if (firstNodes < 1
                || firstNodes > MAX_NODES
                || nodes.isEmpty()
                || nodes.getFirst().number() < 1
                || nodes.getLast().number() > MAX_NODES) {
            throw new LocalClusterException("A local cluster has 1 to " + MAX_NODES + " nodes, not "
                    + (nodes.isEmpty()
                            ? 0
                            : Math.max(firstNodes, nodes.getLast().number())) + ".");
        }
        if (nodes.stream().map(Node::number).distinct().count() < nodes.size()) {
            throw new LocalClusterException("A local cluster can have each node only once, not " + nodes + ".");
        }
        int ports = nodes.getLast().number();
        checkPort("--http-port", httpPort, ports);
        checkPort("--peer-port", peerPort, ports);
        checkPort("--postgres-port", postgresPort, ports);
        if (etcdPort != ETCDS_OWN) {
            checkPort("--etcd-port", etcdPort, ports);
        }
        if (overlap(httpPort, peerPort, ports)
                || overlap(httpPort, postgresPort, ports)
                || overlap(peerPort, postgresPort, ports)) {
            throw new LocalClusterException("The port ranges overlap: each kind needs " + ports
                    + " ports in a row, from " + httpPort + " (REST), " + peerPort + " (peers) and " + postgresPort
                    + " (PostgreSQL).");
        }
        for (int n = 1; n <= ports; n++) {
            int etcd = nthEtcdPort(etcdPort, n);
            if (within(etcd, httpPort, ports) || within(etcd, peerPort, ports) || within(etcd, postgresPort, ports)) {
                throw new LocalClusterException("The port ranges overlap: port " + etcd + ", for etcd's API of "
                        + name(n) + ", is one of the " + ports + " in a row from " + httpPort + " (REST), " + peerPort
                        + " (peers) or " + postgresPort + " (PostgreSQL).");
            }
        }
    }

    /** A new cluster of nodes 1 to {@code nodes}. */
    public Layout(int nodes, int httpPort, int peerPort, int postgresPort, int etcdPort) {
        this(
                nodes,
                IntStream.rangeClosed(1, nodes)
                        .mapToObj(n -> new Node(n, Origin.FIRST))
                        .toList(),
                httpPort,
                peerPort,
                postgresPort,
                etcdPort,
                false);
    }

    /** @return this layout with or without TLS */
    public Layout withTls(boolean encrypted) {
        return new Layout(firstNodes, nodes, httpPort, peerPort, postgresPort, etcdPort, encrypted);
    }

    private static void checkPort(String option, int port, int ports) {
        if (port < 1 || port + ports - 1 > 65_535) {
            throw new LocalClusterException(option + " " + port + " is not the first of " + ports + " valid ports.");
        }
    }

    private static boolean overlap(int a, int b, int ports) {
        return Math.abs(a - b) < ports;
    }

    private static boolean within(int port, int first, int ports) {
        return port >= first && port < first + ports;
    }

    private static int nthEtcdPort(int first, int n) {
        if (first != ETCDS_OWN) {
            return first + n - 1;
        }
        int row = (n - 1) / 5;
        int place = (n - 1) % 5;
        return 2379 + 100 * row + (place == 0 ? 0 : 10_000 * (place + 1));
    }

    public List<Integer> numbers() {
        return nodes.stream().map(Node::number).toList();
    }

    /** @return the numbers of the nodes with this origin */
    List<Integer> numbers(Origin origin) {
        return nodes.stream()
                .filter(node -> node.origin() == origin)
                .map(Node::number)
                .toList();
    }

    List<Integer> others(int number) {
        return numbers().stream().filter(n -> n != number).toList();
    }

    /**
     * @return the lowest number that no node has
     * @throws LocalClusterException when every number is in use
     */
    int nextFree() {
        List<Integer> taken = numbers();
        return IntStream.rangeClosed(1, MAX_NODES)
                .filter(n -> !taken.contains(n))
                .findFirst()
                .orElseThrow(() -> new LocalClusterException(
                        "This cluster has " + taken.size() + " nodes, the most that a local cluster can have."));
    }

    /** @return this layout with the node, which replaces a node of the same number */
    Layout with(Node node) {
        List<Node> all = new ArrayList<>(nodes);
        all.removeIf(there -> there.number() == node.number());
        all.add(node);
        return new Layout(firstNodes, all, httpPort, peerPort, postgresPort, etcdPort, tls);
    }

    Layout without(int number) {
        return new Layout(
                firstNodes,
                nodes.stream().filter(node -> node.number() != number).toList(),
                httpPort,
                peerPort,
                postgresPort,
                etcdPort,
                tls);
    }

    /** @return this layout with the other's PostgreSQL and etcd ports, which the replicated log does not record */
    Layout withPortsOf(Layout other) {
        return new Layout(firstNodes, nodes, httpPort, peerPort, other.postgresPort, other.etcdPort, tls);
    }

    /** @return a text such as {@code nodes 1 to 3}, or {@code nodes 1, 2 and 4} */
    String describeNodes() {
        List<Integer> numbers = numbers();
        if (numbers.size() == 1) {
            return "node " + numbers.getFirst() + " only";
        }
        if (numbers.getLast() - numbers.getFirst() == numbers.size() - 1) {
            return "nodes " + numbers.getFirst() + (numbers.size() == 2 ? " and " : " to ") + numbers.getLast();
        }
        return "nodes "
                + numbers.subList(0, numbers.size() - 1).stream()
                        .map(String::valueOf)
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

    public int etcdPort(int node) {
        return nthEtcdPort(etcdPort, checked(node));
    }

    /** @return the addresses of all nodes' etcd API, separated by commas, as etcd's clients expect them */
    public String etcdEndpoints() {
        return numbers().stream()
                .map(n -> (tls ? "https://" : "") + HOST + ":" + etcdPort(n))
                .collect(Collectors.joining(","));
    }

    public String url(int node) {
        return urlOf(checked(node));
    }

    private String urlOf(int node) {
        return (tls ? "https://" : "http://") + HOST + ":" + (httpPort + node - 1);
    }

    public List<String> urls() {
        return numbers().stream().map(this::url).toList();
    }

    String peerAddress(int node) {
        return HOST + ":" + peerPort(node);
    }

    /**
     * @return {@code name=peerhost:peerport@clientUrl} for each node with which the cluster began, separated by commas;
     *     it never changes, even if some of them have been removed
     */
    public String firstPeers() {
        return IntStream.rangeClosed(1, firstNodes).mapToObj(this::peer).collect(Collectors.joining(","));
    }

    /** @return the entry of one node */
    String peer(int node) {
        return name(node) + "=" + HOST + ":" + (peerPort + node - 1) + "@" + urlOf(node);
    }

    /** @throws LocalClusterException when there is no such node */
    Node node(int number) {
        return nodes.stream()
                .filter(node -> node.number() == number)
                .findFirst()
                .orElseThrow(() -> new LocalClusterException(
                        "There is no node " + number + ": this cluster has " + describeNodes() + "."));
    }

    private int checked(int number) {
        return node(number).number();
    }
}
