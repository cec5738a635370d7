package io.raftgres.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The program {@code raftgres}. {@link ExitCode} explains its exit codes. */
@Command(
        name = "raftgres",
        description = "A strongly consistent key-value database: Raft orders the writes, every node keeps the data in"
                + " its own PostgreSQL.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "Exit codes: 0 done; 1 not found, or compare failed; 2 bad usage or a request that the cluster refuses;",
            "3 not done: no node answered in time; 4 the outcome of the write is unknown.",
        },
        subcommands = {
            PutCommand.class,
            GetCommand.class,
            DeleteCommand.class,
            WatchCommand.class,
            CompactCommand.class,
            StatusCommand.class,
            UpCommand.class,
            DownCommand.class,
            NodeCommands.class,
            RestartCommand.class,
            MemberCommands.class,
            TransferCommand.class,
            CertCommand.class,
            RecoverCommand.class,
            RestoreCommand.class,
            TrainCommand.class,
            CommandLine.HelpCommand.class,
        })
public final class Main implements Runnable {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    public static void main(String[] args) {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        int code = run(out, err, args);
        out.flush();
        System.exit(code);
    }

    /**
     * Runs one command line.
     *
     * @return its exit code
     */
    static int run(PrintStream out, PrintStream err, String... args) {
        PrintWriter outWriter = new PrintWriter(out, true, StandardCharsets.UTF_8);
        PrintWriter errWriter = new PrintWriter(err, true, StandardCharsets.UTF_8);
        CommandLine line = new CommandLine(new Main())
                .setOut(outWriter)
                .setErr(errWriter)
                .setUsageHelpAutoWidth(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(java.time.Duration.class, Durations::parse)
                .setParameterExceptionHandler(ExitCode::badUsage)
                .setExecutionExceptionHandler(ExitCode::failed);
        int code = line.execute(args);
        outWriter.flush();
        errWriter.flush();
        return code;
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"Raftgres " + (version == null ? "(not packaged)" : version)};
        }
    }
}
