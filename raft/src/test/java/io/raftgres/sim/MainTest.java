package io.raftgres.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The command prints its progress and its failures, and ends with the right exit code. */
class MainTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Test
    void runsSeedsFromTheOneThatIsGiven() throws InterruptedException {
        assertEquals(0, run("--seeds", "3", "--seed", "40", "--threads", "1"));
        assertTrue(printed().contains("3 seeds from 40 on"), this::printed);
        assertTrue(printed().contains("all invariants held"), this::printed);
    }

    @Test
    void tracesOneSeed() throws InterruptedException {
        assertEquals(0, run("--seed", "5", "--trace"));
        assertTrue(printed().contains("is LEADER in term") && printed().contains("trace hash"), this::printed);
    }

    @Test
    void explainsItselfAndRefusesNonsense() throws InterruptedException {
        assertEquals(0, run("--help"));
        assertTrue(printed().contains("usage: raftgres simulate"), this::printed);
        for (String[] wrong : new String[][] {{"--seeds"}, {"--seeds", "0"}, {"--seed", "x"}, {"--sedes", "3"}}) {
            bytes.reset();
            assertEquals(2, run(wrong));
            assertTrue(printed().contains("--help"), this::printed);
        }
    }

    private int run(String... arguments) throws InterruptedException {
        return Main.run(arguments, new PrintStream(bytes, true, StandardCharsets.UTF_8));
    }

    private String printed() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
