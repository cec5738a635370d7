package io.raftgres.operator.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The kubectl of the PATH, on the API server of KUBECONFIG. */
public final class Kubectl {

    private Kubectl() {}

    /** @return what it printed, with its errors; the command must succeed */
    public static String run(String... words) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("kubectl"));
        line.addAll(List.of(words));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> line + ": " + output);
        return output;
    }
}
