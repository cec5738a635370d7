package io.raftgres.cli;

import io.raftgres.cli.local.LocalCluster;
import io.raftgres.cli.local.LocalMembers;
import io.raftgres.cli.local.NodeCommand;
import io.raftgres.cli.local.NodeProcess;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "node",
        description =
                "Starts, stops or kills one node of the cluster on this machine, or adds, removes or replaces nodes.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            NodeCommands.Start.class,
            NodeCommands.Stop.class,
            NodeCommands.Kill.class,
            NodeCommands.Add.class,
            NodeCommands.Remove.class,
            NodeCommands.Replace.class,
        })
final class NodeCommands implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        throw new CommandLine.ParameterException(
                spec.commandLine(), "Name an action: start N, stop N, kill N, add, remove N or replace N.");
    }

    private abstract static class OnCluster implements Callable<Integer> {
        @CommandLine.Spec
        private CommandLine.Model.CommandSpec spec;

        @Mixin
        private DataOptions data = new DataOptions();

        @Override
        public Integer call() throws InterruptedException {
            work(LocalCluster.open(data.directory(), spec.commandLine().getOut()::println));
            return ExitCode.DONE;
        }

        abstract void work(LocalCluster cluster) throws InterruptedException;

        void printAddresses(NodeProcess node) {
            Addresses.print(spec.commandLine().getOut(), List.of(node));
        }
    }

    private abstract static class OneNode extends OnCluster {
        @Parameters(index = "0", paramLabel = "N", description = "Number of the node: 1, 2, ...")
        int number;
    }

    /** Options for starting a joining node, and the time limit of the wait for it. */
    private static final class JoinOptions {
        @Option(
                names = "--timeout",
                paramLabel = "TIME",
                defaultValue = "10m",
                description = "How long to wait until it has caught up. After that it continues by itself. Default:"
                        + " ${DEFAULT-VALUE}.")
        private Duration timeout;

        @Mixin
        private HeapOption heap = new HeapOption();

        private NodeCommand command() {
            return NodeCommand.built(DataOptions.home(), heap.value);
        }
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

    @Command(
            name = "kill",
            description = "Kills a node with SIGKILL, as in a crash. Its PostgreSQL keeps running.",
            mixinStandardHelpOptions = true)
    static final class Kill extends OneNode {
        @Override
        void work(LocalCluster cluster) throws InterruptedException {
            cluster.killNode(number);
        }
    }

    @Command(
            name = "add",
            description =
                    "Adds a node with the next free number. It joins as a learner, catches up, and becomes a voter.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Add extends OnCluster {
        @Option(
                names = "--learner",
                description = "The node stays a learner: it has all data, but does not count in" + " a majority.")
        private boolean learner;

        @Mixin
        private JoinOptions join = new JoinOptions();

        @Override
        void work(LocalCluster cluster) throws InterruptedException {
            printAddresses(new LocalMembers(cluster).add(learner, join.command(), join.timeout));
        }
    }

    @Command(
            name = "remove",
            description = "Removes a node from the cluster permanently, stops it, and deletes its data. A leader"
                    + " transfers its leadership first.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Remove extends OneNode {
        @Option(names = "--keep-data", description = "Keep its data, in the directory 'old' of the data directory.")
        private boolean keepData;

        @Override
        void work(LocalCluster cluster) throws InterruptedException {
            new LocalMembers(cluster).remove(number, keepData);
        }
    }

    @Command(
            name = "replace",
            description = "Replaces a node that lost its data or can no longer run. It starts again without data, as"
                    + " a member with a new id, and gets all data from the other nodes. The rest of its old data"
                    + " moves to the directory 'old' of the data directory.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Replace extends OneNode {
        @Mixin
        private JoinOptions join = new JoinOptions();

        @Override
        void work(LocalCluster cluster) throws InterruptedException {
            printAddresses(new LocalMembers(cluster).replace(number, join.command(), join.timeout));
        }
    }
}
