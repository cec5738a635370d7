package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Shell commands from the environment for actions that Kubernetes does not offer. Without them a test is skipped. */
enum Hooks {
    /** Stops the kubelet of the machine {@code $NODE}. */
    RAFTGRES_NODE_STOP,
    /** Starts it again. */
    RAFTGRES_NODE_START,
    /** Drops all packets between the pods {@code $A} and {@code $B}, each NAMESPACE/NAME. */
    RAFTGRES_POD_CUT,
    /** Undoes every cut. */
    RAFTGRES_POD_HEAL;

    void assumeGiven() {
        assumeTrue(command() != null, () -> "skipped: set " + this + " to a command that does it");
    }

    private String command() {
        String command = System.getenv(name());
        return command == null || command.isBlank() ? null : command;
    }

    void run(Map<String, String> arguments) throws IOException, InterruptedException {
        Shell.Result result = Shell.tryRun(arguments, List.of("sh", "-c", command()));
        assertEquals(0, result.exitCode(), () -> command() + " with " + arguments + ":\n" + result.output());
    }
}
