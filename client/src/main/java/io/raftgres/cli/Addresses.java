package io.raftgres.cli;

import io.raftgres.cli.local.Layout;
import io.raftgres.cli.local.NodeProcess;
import java.io.PrintWriter;
import java.util.List;

/** Prints the addresses of a local cluster's nodes. */
final class Addresses {
    private Addresses() {}

    static void print(PrintWriter out, List<NodeProcess> nodes) {
        out.println();
        Table table = new Table(out, "NODE", "REST", "ETCD", "SQL (read only)");
        for (NodeProcess node : nodes) {
            table.row(
                    node.name(),
                    node.url(),
                    Layout.HOST + ":" + node.etcdPort(),
                    "psql postgresql://raftgres_reader@" + Layout.HOST + ":" + node.postgresPort() + "/raftgres");
        }
        table.flush();
    }
}
