package io.raftgres.cli;

import io.raftgres.cli.local.LocalCluster;
import io.raftgres.cli.local.NodeCommand;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "recover",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Makes a new cluster from one stopped node of the cluster on this machine, when most nodes are"
                + " lost permanently. Writes that only the lost nodes had are lost.",
        footer = {
            "",
            "Recover only if the others certainly never come back. If a majority can be started, start it instead:",
            "then nothing is lost. Use the node with the highest LASTTERM in 'raftgres status'; of several, the one",
            "with the highest LASTINDEX. To recover a node on another machine, start it once with",
            "RAFTGRES_RECOVER=force-new-cluster.",
        })
final class RecoverCommand implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Option(
            names = "--force-new-cluster",
            required = true,
            description = "Confirms the end of the old cluster, including any data that only its other nodes have.")
    private boolean forceNewCluster;

    @Option(
            names = "--node",
            paramLabel = "N",
            required = true,
            description = "Number of the node: 1, 2, ...; it must be down.")
    private int number;

    @Mixin
    private DataOptions data = new DataOptions();

    @Mixin
    private HeapOption heap = new HeapOption();

    @Override
    public Integer call() throws InterruptedException {
        LocalCluster.open(data.directory(), spec.commandLine().getOut()::println)
                .recoverNode(number, NodeCommand.built(DataOptions.home(), heap.value));
        return ExitCode.DONE;
    }
}
