package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.e2e.Cluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Python program with the usual client library gets the same results from etcd and from Raftgres. */
@Tag("long")
class PythonIT {

    private static final Path SOURCES = Cluster.root().resolve("e2e/src/test/python");

    @TempDir
    Path directory;

    @Test
    void pythonClientFindsTheSameOnBoth() throws Exception {
        Path python = environment();
        try (RealEtcd etcd = RealEtcd.start(directory.resolve("etcd"));
                Cluster cluster = Cluster.start(directory.resolve("raftgres"), 1)) {
            String expected = client(python, etcd.port());
            assertTrue(expected.contains("members 1 leads True"), expected);
            assertEquals(expected, client(python, cluster.etcdPort(1)));
        }
    }

    private String client(Path python, int port) throws Exception {
        return run(python.toString(), SOURCES.resolve("client.py").toString(), "127.0.0.1", "" + port);
    }

    /** @return a Python interpreter with the libraries, installed once for this checkout */
    private Path environment() throws Exception {
        Path home = Cluster.root().resolve("e2e/target/python");
        Path python = home.resolve("bin/python");
        Path made = home.resolve("made");
        if (!Files.exists(made)) {
            run("python3", "-m", "venv", home.toString());
            run(
                    python.toString(),
                    "-m",
                    "pip",
                    "-q",
                    "install",
                    "-r",
                    SOURCES.resolve("requirements.txt").toString());
            Files.createFile(made);
        }
        return python;
    }

    /** @return output of the command; fails if the command fails */
    private String run(String... line) throws Exception {
        Path said = directory.resolve("said");
        Path errors = directory.resolve("errors");
        ProcessBuilder builder =
                new ProcessBuilder(line).redirectOutput(said.toFile()).redirectError(errors.toFile());
        builder.environment().put("PYTHONWARNINGS", "ignore");
        Process process = builder.start();
        try {
            boolean ended = process.waitFor(180, TimeUnit.SECONDS);
            assertTrue(
                    ended && process.exitValue() == 0,
                    String.join(" ", line) + ":\n" + Files.readString(said) + Files.readString(errors));
            return Files.readString(said);
        } finally {
            process.destroyForcibly();
        }
    }
}
