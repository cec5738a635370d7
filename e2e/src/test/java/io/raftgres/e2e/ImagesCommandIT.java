package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./raftgres images} refuses what it cannot make, before it builds anything. */
class ImagesCommandIT {

    private static final int USAGE = 2;

    @TempDir
    private Path directory;

    @Test
    void refusesImagesThatCannotBeMade() throws Exception {
        refused("--push needs --registry", "--push");
        refused("'linux/mips' is unknown", "--platform", "linux/mips");
        refused("--base needs a value", "--base");
        refused(
                "need images of one platform",
                "--platform",
                "linux/amd64,linux/arm64",
                "--save",
                directory.resolve("archives").toString());
    }

    private static void refused(String words, String... options) throws Exception {
        List<String> line = new ArrayList<>(List.of("images"));
        line.addAll(List.of(options));
        Cluster.Result result =
                Cluster.tryProgram(Map.of(), Cluster.root().resolve("raftgres"), line.toArray(String[]::new));
        assertEquals(USAGE, result.exitCode(), result.output());
        assertTrue(result.output().contains(words), result.output());
    }
}
