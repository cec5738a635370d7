package io.raftgres.cli;

import io.raftgres.client.CompareResult;
import io.raftgres.client.DeleteResult;
import io.raftgres.client.RaftgresClient;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "delete",
        description = "Deletes a key, or all keys with a prefix in one transaction.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DeleteCommand implements Callable<Integer> {

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
            names = "--if-revision",
            paramLabel = "N",
            description = "Delete only if the key's mod revision is still" + " N.")
    private Long ifRevision;

    @Mixin
    private ClientOptions options = new ClientOptions();

    @Override
    public Integer call() {
        if (ifRevision != null && (what.key == null || ifRevision < 1)) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "--if-revision needs a KEY, and N must be 1 or more: the revision of an" + " existing key.");
        }
        try (RaftgresClient client = options.client()) {
            if (ifRevision != null) {
                return compareAndDelete(client);
            }
            DeleteResult result =
                    what.key != null ? client.delete(utf8(what.key)) : client.deletePrefix(utf8(what.prefix));
            if (what.key != null && result.deleted() == 0) {
                spec.commandLine().getErr().println("raftgres: There is no key '" + what.key + "'.");
                return ExitCode.NOT_FOUND;
            }
            print(result);
            return ExitCode.DONE;
        }
    }

    private int compareAndDelete(RaftgresClient client) {
        CompareResult compared = client.compareAndDelete(utf8(what.key), ifRevision);
        if (!compared.succeeded()) {
            spec.commandLine()
                    .getErr()
                    .println("raftgres: " + PutCommand.compareFailed(what.key, ifRevision, compared));
            return ExitCode.NOT_FOUND;
        }
        print(new DeleteResult(compared.revision(), 1));
        return ExitCode.DONE;
    }

    private void print(DeleteResult result) {
        var out = spec.commandLine().getOut();
        switch (options.output(OutputFormat.PLAIN)) {
            case PLAIN ->
                out.println("deleted " + result.deleted() + (result.deleted() == 1 ? " key" : " keys") + " at revision "
                        + result.revision());
            case JSON ->
                out.println(JsonOutput.line(
                        JsonOutput.object().put("revision", result.revision()).put("deleted", result.deleted())));
            case TABLE -> {
                Table table = new Table(out, "REVISION", "DELETED");
                table.row(result.revision(), result.deleted());
                table.flush();
            }
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
