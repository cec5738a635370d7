package io.raftgres.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.raftgres.client.ClusterStatus;
import io.raftgres.client.RaftgresClient;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "transfer",
        description = "Transfers leadership to another member. Writes wait until that member leads.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class TransferCommand implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "MEMBER",
            description = "Name or id of a voter. Default: the voter whose log is furthest.")
    private String target;

    @Mixin
    private ClientOptions options = new ClientOptions();

    @Override
    public Integer call() {
        try (RaftgresClient client = options.client()) {
            // Connects first, so that the measured time is that of the transfer alone.
            client.cluster();
            long begun = System.nanoTime();
            ClusterStatus.Leader leader = client.transferLeadership(target);
            print(leader, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
        }
        return ExitCode.DONE;
    }

    private void print(ClusterStatus.Leader leader, long millis) {
        PrintWriter out = spec.commandLine().getOut();
        switch (options.output(OutputFormat.PLAIN)) {
            case PLAIN -> out.println(leader.name() + " leads after " + millis + " ms");
            case JSON -> {
                ObjectNode node = JsonOutput.object();
                node.set("leader", JsonOutput.MAPPER.valueToTree(leader));
                out.println(JsonOutput.line(node.put("millis", millis)));
            }
            case TABLE -> {
                Table table = new Table(out, "LEADER", "ID", "MILLIS");
                table.row(leader.name(), leader.id(), millis);
                table.flush();
            }
        }
    }
}
