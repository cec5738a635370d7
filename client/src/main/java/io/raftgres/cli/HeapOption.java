package io.raftgres.cli;

import io.raftgres.cli.local.NodeCommand;
import picocli.CommandLine.Option;

/** Memory of the nodes to start. */
final class HeapOption {

    @Option(
            names = "--heap",
            paramLabel = "SIZE",
            defaultValue = NodeCommand.DEFAULT_HEAP,
            description = "Java heap of each node, as 512m or 2g. Default: ${DEFAULT-VALUE}. More JVM options: the"
                    + " environment variable " + NodeCommand.OPTIONS_VARIABLE + ".")
    String value;
}
