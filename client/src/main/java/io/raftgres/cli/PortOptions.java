package io.raftgres.cli;

import io.raftgres.cli.local.Layout;
import picocli.CommandLine.Option;

/** Options for the ports of a local cluster's nodes. */
final class PortOptions {

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description = "REST port of node1; the other nodes' ports follow. Default: 8081.")
    private Integer httpPort;

    @Option(names = "--peer-port", paramLabel = "PORT", description = "Raft port of node1. Default: 9081.")
    private Integer peerPort;

    @Option(names = "--postgres-port", paramLabel = "PORT", description = "PostgreSQL port of node1. Default: 15431.")
    private Integer postgresPort;

    @Option(
            names = "--etcd-port",
            paramLabel = "PORT",
            description = "Port of node1 for etcd's clients; the other nodes' ports follow. Default, and with 0:"
                    + " etcd's own ports, 2379, then 22379, 32379, 42379, 52379, and 2479, 22479, 32479,"
                    + " 42479 for node6 to node9.")
    private Integer etcdPort;

    /** @param otherwise gives the ports that no option sets */
    Layout layout(int nodes, Layout otherwise) {
        return new Layout(
                nodes,
                httpPort != null ? httpPort : otherwise.httpPort(),
                peerPort != null ? peerPort : otherwise.peerPort(),
                postgresPort != null ? postgresPort : otherwise.postgresPort(),
                etcdPort != null ? etcdPort : otherwise.etcdPort());
    }
}
