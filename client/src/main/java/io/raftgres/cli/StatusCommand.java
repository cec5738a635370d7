package io.raftgres.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.raftgres.cli.local.LocalCluster;
import io.raftgres.cli.local.LocalDataDirectory;
import io.raftgres.cli.local.NodeProcess;
import io.raftgres.client.ClusterStatus;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RaftgresException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "status",
        description = "Shows the members of the cluster, and the processes of a local one.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class StatusCommand implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Mixin
    private ClientOptions options = new ClientOptions();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<NodeProcess> processes = processes();
        ClusterStatus cluster = null;
        RaftgresException failure = null;
        try (RaftgresClient client = options.client()) {
            cluster = client.cluster();
        } catch (RaftgresException e) {
            failure = e;
        }
        if (options.output(OutputFormat.TABLE) == OutputFormat.JSON) {
            out.println(JsonOutput.line(json(cluster, processes)));
        } else {
            print(out, cluster, processes);
        }
        out.flush();
        if (failure != null) {
            throw failure;
        }
        return cluster.leader() == null ? ExitCode.UNAVAILABLE : ExitCode.DONE;
    }

    /** @return the local nodes; none if the command names another cluster's endpoints */
    private List<NodeProcess> processes() {
        LocalDataDirectory directory = options.data.directory();
        if (!options.endpoints.isEmpty() || directory.layout().isEmpty()) {
            return List.of();
        }
        return LocalCluster.open(directory, line -> {}).nodes();
    }

    private static void print(PrintWriter out, ClusterStatus cluster, List<NodeProcess> processes) {
        if (cluster != null) {
            out.println("cluster " + cluster.clusterId() + ", term " + cluster.term() + ", "
                    + (cluster.leader() == null
                            ? "no leader"
                            : "leader " + cluster.leader().name()));
            out.println();
            printMembers(out, cluster);
            printAlarms(out, cluster);
        }
        if (!processes.isEmpty()) {
            if (cluster != null) {
                out.println();
            }
            Table table = new Table(out, "PROCESS", "STATE", "PID", "POSTGRESQL", "LOG");
            for (NodeProcess process : processes) {
                table.row(
                        process.name(),
                        process.isRunning() ? "running" : "down",
                        process.pid().orElse(null),
                        process.isPostgresRunning() ? "running, port " + process.postgresPort() : "down",
                        process.log());
            }
            table.flush();
        }
    }

    /** Without a leader nobody can say how far a member is behind, and the ends of the logs say which has the most. */
    private static void printMembers(PrintWriter out, ClusterStatus cluster) {
        boolean led = cluster.leader() != null;
        List<String> columns = new ArrayList<>(List.of("NODE", "ROLE", "STATE", "TERM", "COMMIT", "APPLIED"));
        columns.addAll(led ? List.of("LAG") : List.of("LASTTERM", "LASTINDEX"));
        columns.addAll(List.of("REVISION", "ADDRESS"));
        Table table = new Table(out, columns.toArray(new String[0]));
        for (ClusterStatus.Member member : cluster.members()) {
            List<Object> cells = new ArrayList<>(List.of(
                    member.name(),
                    member.role(),
                    MemberTable.said(member.state()),
                    member.term(),
                    member.commitIndex(),
                    member.appliedIndex()));
            if (led) {
                cells.add(member.lag());
            } else {
                // A member of an older release does not report the end of its log.
                boolean known = member.lastTerm() > 0;
                cells.add(known ? member.lastTerm() : null);
                cells.add(known ? member.lastIndex() : null);
            }
            cells.addAll(List.of(member.revision(), member.clientAddress()));
            table.row(cells.toArray());
        }
        table.flush();
    }

    private static void printAlarms(PrintWriter out, ClusterStatus cluster) {
        List<ClusterStatus.Member> alarmed = cluster.members().stream()
                .filter(member -> !member.alarms().isEmpty())
                .toList();
        if (!alarmed.isEmpty()) {
            out.println();
            Table table = new Table(out, "NODE", "ALARMS");
            alarmed.forEach(member -> table.row(member.name(), MemberTable.alarms(member)));
            table.flush();
        }
    }

    private static ObjectNode json(ClusterStatus cluster, List<NodeProcess> processes) {
        ObjectNode node = JsonOutput.object();
        node.set("cluster", cluster == null ? null : JsonOutput.MAPPER.valueToTree(cluster));
        ArrayNode array = node.putArray("processes");
        for (NodeProcess process : processes) {
            ObjectNode entry = array.addObject().put("name", process.name()).put("running", process.isRunning());
            process.pid().ifPresent(pid -> entry.put("pid", pid));
            entry.put("postgresRunning", process.isPostgresRunning())
                    .put("postgresPort", process.postgresPort())
                    .put("etcdPort", process.etcdPort())
                    .put("url", process.url())
                    .put("log", process.log().toString());
        }
        return node;
    }
}
