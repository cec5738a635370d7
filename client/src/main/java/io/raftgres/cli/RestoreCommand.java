package io.raftgres.cli;

import io.raftgres.cli.local.Layout;
import io.raftgres.cli.local.LocalCluster;
import io.raftgres.cli.local.NodeCommand;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "restore",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Makes a new cluster of one node on this machine from a file that 'etcdctl snapshot save' wrote"
                + " from a Raftgres node.",
        footer = {
            "",
            "The data directory must be new or empty. Then start the cluster with 'raftgres up', and add nodes with"
                    + " 'raftgres",
            "node add'. To restore a node on another machine, start it once, with an empty data directory and",
            "RAFTGRES_RECOVER=restore:FILE.",
        })
final class RestoreCommand implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The snapshot file.")
    private Path file;

    @Mixin
    private DataOptions data = new DataOptions();

    @Mixin
    private PortOptions ports = new PortOptions();

    @Mixin
    private HeapOption heap = new HeapOption();

    @Override
    public Integer call() throws InterruptedException {
        LocalCluster.restore(
                data.directory(),
                ports.layout(1, Layout.DEFAULT),
                file.toAbsolutePath(),
                NodeCommand.built(DataOptions.home(), heap.value),
                spec.commandLine().getOut()::println);
        return ExitCode.DONE;
    }
}
