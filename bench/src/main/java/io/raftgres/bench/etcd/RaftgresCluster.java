package io.raftgres.bench.etcd;

import io.raftgres.bench.suite.Conditions;
import io.raftgres.bench.suite.OwnCluster;
import io.raftgres.bench.suite.SuitePlan;
import io.raftgres.cli.local.LocalCluster;
import io.raftgres.cli.local.LocalDataDirectory;
import java.net.http.HttpRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Three nodes that the launcher starts, each with its PostgreSQL. */
final class RaftgresCluster implements Target {

    private static final int NODES = 3;
    private static final String HOST = "127.0.0.1";

    private final SuitePlan plan;
    private final OwnCluster nodes;
    private final Map<String, String> conditions = new LinkedHashMap<>();

    /** Returns when all nodes serve. */
    RaftgresCluster(SuitePlan plan, Web web) {
        this.plan = plan;
        nodes = new OwnCluster(plan.launcher());
        boolean up = false;
        try {
            nodes.up(plan);
            conditions.put(
                    "Raftgres",
                    web.json(url() + "/v1/cluster")
                                    .map(response -> response.path("members")
                                            .path(0)
                                            .path("version")
                                            .asText())
                                    .orElse("not known")
                            + ", " + NODES + " nodes, the launcher's settings");
            conditions.put(
                    "PostgreSQL", Conditions.postgresVersion(plan.launcher().data()) + ", one next to each node");
            up = true;
        } finally {
            if (!up) {
                nodes.close();
            }
        }
    }

    private String url() {
        return "http://" + HOST + ":" + plan.httpPort();
    }

    @Override
    public String endpoints() {
        return IntStream.range(0, NODES)
                .mapToObj(i -> HOST + ":" + (plan.etcdPort() + i))
                .collect(Collectors.joining(","));
    }

    @Override
    public Map<String, String> conditions() {
        return conditions;
    }

    /** The nodes' processes are not children of this process, because the launcher started them and ended. */
    @Override
    public Stream<ProcessHandle> processes() {
        LocalCluster cluster =
                LocalCluster.open(new LocalDataDirectory(plan.launcher().data()), line -> {});
        return cluster.nodes().stream()
                .flatMap(node -> Stream.concat(node.pid().stream(), node.postgresPid().stream()))
                .flatMap(pid -> ProcessHandle.of(pid).stream());
    }

    @Override
    public HttpRequest put(String key, String value) {
        return Target.request("PUT", url() + "/v1/kv/" + key, value);
    }

    @Override
    public void close() {
        nodes.close();
    }
}
