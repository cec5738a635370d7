package io.raftgres.cli;

import io.raftgres.client.RaftgresClient;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "compact",
        description = "Discards the history below a revision, on all nodes. The revision and later ones can still be"
                + " read. Reads and watches below it are refused, and their disk space is freed.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class CompactCommand implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "REVISION",
            description = "The oldest revision that can still be read" + " afterwards.")
    private long revision;

    @Mixin
    private ClientOptions options = new ClientOptions();

    @Override
    public Integer call() {
        if (revision < 1) {
            throw new CommandLine.ParameterException(spec.commandLine(), "The revision must be 1 or more.");
        }
        try (RaftgresClient client = options.client()) {
            long compacted = client.compact(revision);
            var out = spec.commandLine().getOut();
            switch (options.output(OutputFormat.PLAIN)) {
                case PLAIN -> out.println("compacted: the oldest revision that can be read is " + compacted);
                case JSON -> out.println(JsonOutput.line(JsonOutput.object().put("compactedRevision", compacted)));
                case TABLE -> {
                    Table table = new Table(out, "COMPACTED");
                    table.row(compacted);
                    table.flush();
                }
            }
            return ExitCode.DONE;
        }
    }
}
