package io.raftgres.cli;

import io.raftgres.cli.local.LocalCluster;
import io.raftgres.cli.local.NodeCommand;
import io.raftgres.cli.local.RollingRestart;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "restart",
        description = "Restarts the nodes of the cluster on this machine one at a time, the leader last, while the"
                + " cluster continues to serve. Stops at the first node that does not serve again.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class RestartCommand implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Mixin
    private DataOptions data = new DataOptions();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            defaultValue = "2m",
            description = "Time limit for each node to serve again and catch up. Default: ${DEFAULT-VALUE}.")
    private Duration timeout;

    @Mixin
    private HeapOption heap = new HeapOption();

    @Override
    public Integer call() throws InterruptedException {
        LocalCluster cluster =
                LocalCluster.open(data.directory(), spec.commandLine().getOut()::println);
        new RollingRestart(cluster).run(NodeCommand.built(DataOptions.home(), heap.value), timeout);
        return ExitCode.DONE;
    }
}
