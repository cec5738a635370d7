package io.raftgres.cli;

import io.raftgres.client.Consistency;
import io.raftgres.client.GetResult;
import io.raftgres.client.KeyValue;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RangeCursor;
import io.raftgres.client.RangeQuery;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "get",
        description = "Prints the value of a key, or all keys with a prefix.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class GetCommand implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @ArgGroup(multiplicity = "1")
    private What what;

    static final class What {
        @Parameters(index = "0", paramLabel = "KEY")
        private String key;

        @Option(
                names = "--prefix",
                paramLabel = "PREFIX",
                description = "All keys that begin with PREFIX; '' means" + " every key.")
        private String prefix;
    }

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "0",
            description = "With --prefix: print at most this many keys. Default: all.")
    private long limit;

    @Option(
            names = "--revision",
            paramLabel = "N",
            defaultValue = "0",
            description = "With --prefix: the state at that revision. Default: the current state.")
    private long revision;

    @Option(names = "--keys-only", description = "With --prefix: print no values.")
    private boolean keysOnly;

    @Option(
            names = "--consistency",
            paramLabel = "KIND",
            defaultValue = "linearizable",
            description = "linearizable: sees every write acknowledged before; local: reads the node's own state,"
                    + " which may be"
                    + " behind. Default: ${DEFAULT-VALUE}.")
    private Consistency consistency;

    @Mixin
    private ClientOptions options = new ClientOptions();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (RaftgresClient client = options.client()) {
            return what.key != null ? one(client, out) : several(client, out);
        }
    }

    private int one(RaftgresClient client, PrintWriter out) {
        if (limit != 0 || revision != 0 || keysOnly) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "--limit, --revision and --keys-only need --prefix.");
        }
        GetResult result = client.get(what.key.getBytes(StandardCharsets.UTF_8), consistency);
        if (!result.found()) {
            spec.commandLine().getErr().println("raftgres: There is no key '" + what.key + "'.");
            return ExitCode.NOT_FOUND;
        }
        switch (options.output(OutputFormat.PLAIN)) {
            case PLAIN -> out.println(Text.plain(result.value()));
            case JSON -> out.println(JsonOutput.line(JsonOutput.row(result.row(), true)));
            case TABLE -> {
                Table table = heading(out);
                row(table, result.row());
                table.flush();
            }
        }
        return ExitCode.DONE;
    }

    private int several(RaftgresClient client, PrintWriter out) {
        RangeQuery query = RangeQuery.prefix(what.prefix.getBytes(StandardCharsets.UTF_8))
                .limit(limit)
                .atRevision(revision)
                .consistency(consistency);
        OutputFormat output = options.output(OutputFormat.TABLE);
        Table table = output == OutputFormat.TABLE ? heading(out) : null;
        try (RangeCursor rows = client.range(keysOnly ? query.withKeysOnly() : query)) {
            while (rows.hasNext() && !out.checkError()) {
                KeyValue row = rows.next();
                switch (output) {
                    case TABLE -> row(table, row);
                    case JSON -> out.println(JsonOutput.line(JsonOutput.row(row, !keysOnly)));
                    case PLAIN ->
                        out.println(Text.oneLine(row.key()) + (keysOnly ? "" : "\t" + Text.oneLine(row.value())));
                }
            }
        } finally {
            if (table != null) {
                table.flush();
            }
        }
        return ExitCode.DONE;
    }

    private Table heading(PrintWriter out) {
        return keysOnly
                ? new Table(out, "KEY", "REVISION", "VERSION")
                : new Table(out, "KEY", "VALUE", "REVISION", "VERSION");
    }

    private void row(Table table, KeyValue row) {
        String key = Text.oneLine(row.key());
        if (keysOnly) {
            table.row(key, row.modRevision(), row.version());
        } else {
            table.row(key, Text.oneLine(row.value()), row.modRevision(), row.version());
        }
    }
}
