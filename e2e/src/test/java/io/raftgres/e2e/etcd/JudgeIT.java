package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.e2e.Cluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * etcd's own model of a linearizable store, with porcupine, judges the responses of three nodes to etcd's client. The
 * nodes are killed and started again meanwhile. The judge is the Go program in e2e/judge.
 */
class JudgeIT {

    private static final int SECONDS = Integer.getInteger("e2e.judge.seconds", 40);
    private static final long SEED = Long.getLong("e2e.judge.seed", System.nanoTime());
    private static final int MIN_KILLS = 4;
    private static final int MAX_SECONDS = SECONDS + 600;
    private static final int PATIENCE_SECONDS = 300;
    private static final int BUILD_MINUTES = 15;

    /** Go's default directory. */
    private static final Path USUAL_GO = Path.of("/usr/local/go/bin/go");

    @TempDir
    Path directory;

    @Test
    void historyOfThreeNodesUnderKillsIsLinearizable() throws Exception {
        Path judge = build();
        System.out.println("kills of seed " + SEED);
        Random random = new Random(SEED);
        try (Cluster cluster = Cluster.start(directory.resolve("raftgres"))) {
            Path said = directory.resolve("said");
            Process process = new ProcessBuilder(
                            judge.toString(),
                            "-endpoints",
                            cluster.etcdEndpoints(),
                            "-stdin",
                            "-duration",
                            MAX_SECONDS + "s",
                            "-patience",
                            PATIENCE_SECONDS + "s",
                            "-picture",
                            Cluster.root().resolve("e2e/target/judgement.html").toString())
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            try {
                int kills = 0;
                long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
                // On a slow machine a node takes long to start.
                while ((System.nanoTime() - end < 0 || kills < MIN_KILLS)
                        && !process.waitFor(random.nextLong(1_000, 3_000), TimeUnit.MILLISECONDS)) {
                    int node = random.nextBoolean() ? cluster.leader() : 1 + random.nextInt(3);
                    cluster.kill(node);
                    process.waitFor(random.nextLong(500), TimeUnit.MILLISECONDS);
                    cluster.startNode(node);
                    kills++;
                }
                process.getOutputStream().close();
                boolean ended = process.waitFor(4L * PATIENCE_SECONDS, TimeUnit.SECONDS);
                String text = Files.readString(said);
                System.out.println(text + kills + " kills");
                assertTrue(ended, "the judge has not ended");
                assertEquals(0, process.exitValue(), text);
                assertTrue(kills >= MIN_KILLS, kills + " kills");
            } finally {
                process.destroyForcibly().waitFor();
            }
        }
    }

    /** @return the built program; the test is skipped without Go or one of its modules */
    private static Path build() throws IOException, InterruptedException {
        Path program = Cluster.root().resolve("e2e/target/judge");
        String go = Files.isExecutable(USUAL_GO) ? USUAL_GO.toString() : "go";
        require(go, "version");
        require(go, "mod", "download");
        output(go, "test", "-mod=readonly", ".");
        assertEquals("", output(go, "build", "-mod=readonly", "-buildvcs=false", "-o", program.toString(), "."));
        return program;
    }

    private static void require(String... command) throws InterruptedException {
        String why = null;
        try {
            output(command);
        } catch (IOException e) {
            why = e.getMessage();
            System.out.println("NOT RUN: the judge cannot be built: " + why);
        }
        Assumptions.assumeTrue(why == null, "the judge cannot be built: " + why);
    }

    /** @return output of a command in the judge's directory; fails if the command fails */
    private static String output(String... command) throws IOException, InterruptedException {
        Path said = Files.createTempFile("go", ".out");
        try {
            Process process = new ProcessBuilder(new ArrayList<>(List.of(command)))
                    .directory(Cluster.root().resolve("e2e/judge").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            boolean ended = process.waitFor(BUILD_MINUTES, TimeUnit.MINUTES);
            if (!ended || process.exitValue() != 0) {
                process.destroyForcibly().waitFor();
                throw new IOException(String.join(" ", command) + ": "
                        + Files.readString(said).strip());
            }
            return Files.readString(said);
        } finally {
            Files.delete(said);
        }
    }
}
