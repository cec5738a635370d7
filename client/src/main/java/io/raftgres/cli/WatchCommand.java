package io.raftgres.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.Watch;
import io.raftgres.client.WatchEvent;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "watch",
        description = "Prints changes as they happen, until Ctrl-C.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class WatchCommand implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Option(
            names = "--prefix",
            paramLabel = "PREFIX",
            defaultValue = "",
            description = "Only keys that begin with PREFIX. Default: all keys.")
    private String prefix;

    @Option(
            names = "--from-revision",
            paramLabel = "N",
            defaultValue = "0",
            description = "Begin with the changes of this revision. Default: with the next change.")
    private long fromRevision;

    @Option(names = "--count", paramLabel = "N", defaultValue = "0", description = "End after N changes.")
    private long count;

    @Mixin
    private ClientOptions options = new ClientOptions();

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        OutputFormat output = options.output(OutputFormat.TABLE);
        try (RaftgresClient client = options.client();
                Watch watch = client.watch(prefix.getBytes(StandardCharsets.UTF_8), fromRevision)) {
            long printed = 0;
            while ((count == 0 || printed < count) && !out.checkError()) {
                WatchEvent event = watch.next(Duration.ofSeconds(1));
                if (event != null) {
                    out.println(output == OutputFormat.JSON ? json(event) : line(event));
                    printed++;
                }
            }
        }
        return ExitCode.DONE;
    }

    private static String line(WatchEvent event) {
        return switch (event) {
            case WatchEvent.Put put ->
                "%-10d put     %s = %s"
                        .formatted(
                                put.revision(),
                                Text.oneLine(put.key()),
                                Text.oneLine(put.row().value()));
            case WatchEvent.Delete delete ->
                "%-10d delete  %s".formatted(delete.revision(), Text.oneLine(delete.key()));
        };
    }

    private static String json(WatchEvent event) {
        return JsonOutput.line(
                switch (event) {
                    case WatchEvent.Put put ->
                        JsonOutput.object().put("event", "put").setAll(JsonOutput.row(put.row(), true));
                    case WatchEvent.Delete delete -> {
                        ObjectNode node = JsonOutput.object().put("event", "delete");
                        JsonOutput.bytes(node, "key", delete.key());
                        yield node.put("revision", delete.revision());
                    }
                });
    }
}
