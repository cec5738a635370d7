package io.raftgres.cli;

import io.raftgres.cli.local.LocalCluster;
import io.raftgres.cli.local.NodeCommand;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "node", description = "Starts, stops or kills one node of the cluster on this machine.",
        mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
        subcommands = {NodeCommands.Start.class, NodeCommands.Stop.class, NodeCommands.Kill.class})
final class NodeCommands implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Say what to do: start N, stop N or kill N.");
    }

    private abstract static class OneNode implements Callable<Integer> {
        @CommandLine.Spec
        private CommandLine.Model.CommandSpec spec;

        @Parameters(index = "0", paramLabel = "N", description = "Which node: 1, 2, ...")
        int number;

        @Mixin
        private DataOptions data = new DataOptions();

        @Override
        public Integer call() throws InterruptedException {
            work(LocalCluster.open(data.folder(), spec.commandLine().getOut()::println));
            return ExitCode.DONE;
        }

        abstract void work(LocalCluster cluster) throws InterruptedException;
    }

    @Command(name = "start", description = "Starts a node that is down.", mixinStandardHelpOptions = true)
    static final class Start extends OneNode {
        @Mixin
        private HeapOption heap = new HeapOption();

        @Override
        void work(LocalCluster cluster) throws InterruptedException {
            cluster.startNode(number, NodeCommand.built(DataOptions.home(), heap.value));
        }
    }

    @Command(name = "stop", description = "Stops a node and its PostgreSQL cleanly.", mixinStandardHelpOptions = true)
    static final class Stop extends OneNode {
        @Override
        void work(LocalCluster cluster) throws InterruptedException {
            cluster.stopNode(number);
        }
    }

    @Command(name = "kill", description = "Kills a node with SIGKILL, as a crash would; its PostgreSQL goes on.",
            mixinStandardHelpOptions = true)
    static final class Kill extends OneNode {
        @Override
        void work(LocalCluster cluster) throws InterruptedException {
            cluster.killNode(number);
        }
    }
}
