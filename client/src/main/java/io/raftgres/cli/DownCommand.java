package io.raftgres.cli;

import io.raftgres.cli.local.LocalCluster;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "down",
        description = "Stops the cluster on this machine. Its data stays.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DownCommand implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Mixin
    private DataOptions data = new DataOptions();

    @Override
    public Integer call() throws InterruptedException {
        LocalCluster.open(data.directory(), spec.commandLine().getOut()::println)
                .down();
        return ExitCode.DONE;
    }
}
