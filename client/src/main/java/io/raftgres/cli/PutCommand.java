package io.raftgres.cli;

import io.raftgres.client.CompareResult;
import io.raftgres.client.PutResult;
import io.raftgres.client.RaftgresClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "put", description = "Sets a key to a value.", mixinStandardHelpOptions = true, sortOptions = false)
final class PutCommand implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(index = "0", paramLabel = "KEY")
    private String key;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "VALUE",
            description = "The value; - reads it from standard" + " input.")
    private String value;

    @Option(names = "--file", paramLabel = "FILE", description = "Read the value from a file.")
    private Path file;

    @Option(
            names = "--if-revision",
            paramLabel = "N",
            description = "Put only if the key's mod revision is still N; 0: only if the key does not exist.")
    private Long ifRevision;

    @Mixin
    private ClientOptions options = new ClientOptions();

    @Override
    public Integer call() throws IOException {
        if ((value == null) == (file == null)) {
            throw new CommandLine.ParameterException(spec.commandLine(), "Give either a VALUE or --file FILE.");
        }
        byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
        byte[] bytes = value();
        try (RaftgresClient client = options.client()) {
            if (ifRevision == null) {
                PutResult put = client.put(keyBytes, bytes);
                print(put.revision(), put.created());
                return ExitCode.DONE;
            }
            CompareResult compared = client.compareAndSet(keyBytes, ifRevision, bytes);
            if (!compared.succeeded()) {
                spec.commandLine().getErr().println("raftgres: " + compareFailed(key, ifRevision, compared));
                return ExitCode.NOT_FOUND;
            }
            print(compared.revision(), ifRevision == 0);
            return ExitCode.DONE;
        }
    }

    static String compareFailed(String key, long wanted, CompareResult compared) {
        String is = compared.modRevision() == 0 ? "does not exist" : "is at revision " + compared.modRevision();
        return "Not done: '" + key + "' " + is + (wanted == 0 ? "." : ", not at " + wanted + ".");
    }

    private byte[] value() throws IOException {
        if (file != null) {
            return Files.readAllBytes(file);
        }
        return value.equals("-") ? System.in.readAllBytes() : value.getBytes(StandardCharsets.UTF_8);
    }

    private void print(long revision, boolean created) {
        var out = spec.commandLine().getOut();
        switch (options.output(OutputFormat.PLAIN)) {
            case PLAIN -> out.println((created ? "created" : "replaced") + " at revision " + revision);
            case JSON ->
                out.println(JsonOutput.line(
                        JsonOutput.object().put("revision", revision).put("created", created)));
            case TABLE -> {
                Table table = new Table(out, "REVISION", "CREATED");
                table.row(revision, created);
                table.flush();
            }
        }
    }
}
