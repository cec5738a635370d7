package io.raftgres.cli;

import io.raftgres.cli.local.NodeCommand;
import picocli.CommandLine.Option;

/** Option for the memory of the nodes that a command starts. */
final class HeapOption {

    @Option(
            names = "--heap",
            paramLabel = "SIZE",
            defaultValue = NodeCommand.DEFAULT_HEAP,
            description = "Java heap of each node, such as 512m or 2g. Default: ${DEFAULT-VALUE}. Set more JVM"
                    + " options in the environment variable " + NodeCommand.OPTIONS_VARIABLE + ".")
    String value;
}
