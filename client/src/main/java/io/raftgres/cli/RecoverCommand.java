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
        description = "When most nodes are lost for good: makes a new cluster out of one stopped node of the cluster"
                + " on this machine. Writes that only the lost nodes had are lost.",
        footer = {
            "",
            "On the node whose log has most, when the others will certainly not come back: as long as a majority",
            "can be started, start it instead, and nothing is lost. A node elsewhere is recovered by starting it once",
            "with RAFTGRES_RECOVER=force-new-cluster.",
        })
final class RecoverCommand implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Option(
            names = "--force-new-cluster",
            required = true,
            description = "Yes: end the old cluster, whatever its other nodes may have.")
    private boolean forceNewCluster;

    @Option(
            names = "--node",
            paramLabel = "N",
            required = true,
            description = "Which node: 1, 2, ...; it must be down.")
    private int number;

    @Mixin
    private DataOptions data = new DataOptions();

    @Mixin
    private HeapOption heap = new HeapOption();

    @Override
    public Integer call() throws InterruptedException {
        LocalCluster.open(data.folder(), spec.commandLine().getOut()::println)
                .recoverNode(number, NodeCommand.built(DataOptions.home(), heap.value));
        return ExitCode.DONE;
    }
}
