package io.raftgres.cli;

import io.raftgres.cli.local.LocalClusterException;
import io.raftgres.client.RaftgresException;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;

/** The exit codes of the commands, for scripts. */
final class ExitCode {
    private ExitCode() {}

    static final int DONE = 0;
    /** The key does not exist or has another revision than the requested one, or the cluster has no such member. */
    static final int NOT_FOUND = 1;
    /** The command line is wrong, or the cluster refuses the request permanently. */
    static final int USAGE = 2;
    /** Not done: no node answered in time, or the local cluster is not in the state that the command needs. */
    static final int UNAVAILABLE = 3;
    /** The outcome is unknown: the write may have been done. */
    static final int OUTCOME_UNKNOWN = 4;
    /** The code with which shells report a command that Ctrl-C ended. */
    static final int INTERRUPTED = 130;

    static int badUsage(CommandLine.ParameterException e, String[] args) {
        PrintWriter err = e.getCommandLine().getErr();
        err.println("raftgres: " + e.getMessage());
        err.println("See '" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
        return USAGE;
    }

    static int failed(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
        command.getOut().flush();
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        int code = switch (e) {
            case RaftgresException.OutcomeUnknown unknown -> OUTCOME_UNKNOWN;
            case RaftgresException.NotDone notDone -> UNAVAILABLE;
            case RaftgresException.MemberNotFound missing -> NOT_FOUND;
            case RaftgresException refused -> USAGE;
            case LocalClusterException local -> UNAVAILABLE;
            case InterruptedException interrupted -> INTERRUPTED;
            case NoSuchFileException missing -> {
                message = "There is no file " + missing.getFile() + ".";
                yield USAGE;
            }
            case IOException io -> USAGE;
            case IllegalArgumentException bad -> USAGE;
            default -> {
                e.printStackTrace(command.getErr());
                yield UNAVAILABLE;
            }
        };
        if (e.getCause() instanceof ConnectException) {
            message += ". Is the cluster up?";
        }
        if (code != INTERRUPTED) {
            command.getErr().println("raftgres: " + message);
        }
        return code;
    }
}
