package io.raftgres.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Wrong options give one clear sentence and exit code 2. */
class LoadCommandTest {

    @Test
    void refusesNonsense() {
        refuses("no endpoint", "load");
        refuses("not an endpoint", "load", "--endpoint", "https://a:1");
        refuses("clients must be", "load", "--endpoint", "a:1", "--clients", "0");
        refuses("value bytes must be", "load", "--endpoint", "a:1", "--value-bytes", "-1");
        refuses("rate must be", "load", "--endpoint", "a:1", "--rate", "-5");
        refuses("times must be", "load", "--endpoint", "a:1", "--seconds", "NaN");
        refuses("keys must be", "load", "--endpoint", "a:1", "--keys", "0");
        refuses("Invalid value for option '--op'", "load", "--endpoint", "a:1", "--op", "scan");
        refuses("--kills does not go with --etcd", "--etcd", "--kills", "3");
        refuses("--etcd-bin needs --etcd", "--etcd-bin", "/tmp");
        refuses("passes must be 1 to 20", "--etcd", "--passes", "0");
        refuses("there is no program 'etcd' in /nonexistent", "--etcd", "--etcd-bin", "/nonexistent");
        refuses("want seconds above 0", "--endpoint", "a:1", "--seconds", "0");
    }

    private static void refuses(String why, String... arguments) {
        StringWriter errors = new StringWriter();
        CommandLine command = Main.commandLine().setErr(new PrintWriter(errors));
        command.getSubcommands().values().forEach(sub -> sub.setErr(new PrintWriter(errors)));
        assertEquals(2, command.execute(arguments), errors::toString);
        String printed = errors.toString();
        assertTrue(printed.contains(why) || (why.equals("no endpoint") && printed.contains("--endpoint")), printed);
    }
}
