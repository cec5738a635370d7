package io.raftgres.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code raftgres bench}: the whole suite, or one load. */
@Command(
        name = "raftgres bench",
        description = "Measures a cluster: by itself the whole suite; 'load' is a plain load tool.",
        subcommands = LoadCommand.class,
        mixinStandardHelpOptions = true)
public final class Main implements Runnable {

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
    }
}
