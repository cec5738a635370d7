package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.raftgres.e2e.Cluster;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sends random scripts to etcd and to Raftgres. Every response, error and event must be the same, except for header
 * fields. If there is a difference, the test prints the shortest script that shows it.
 */
class DifferentialIT {

    private static final int REQUESTS = Integer.getInteger("e2e.differential.requests", 25_000);
    private static final long FIRST_SEED = Long.getLong("e2e.differential.seed", 1);
    private static final int STEPS = 250;
    /** From this version of the cluster on, a transaction may delete a key that it has put. */
    private static final int PUT_THEN_DELETE = 2;

    private static final int SHRINKING_TRIES = Integer.getInteger("e2e.differential.tries", 400);

    @TempDir
    Path directory;

    @Test
    void everyResponseEqualsEtcds() throws Exception {
        try (RealEtcd etcd = RealEtcd.start(directory.resolve("etcd"));
                Cluster cluster = Cluster.start(directory.resolve("raftgres"), 1);
                Subject theirs = new Subject(etcd.endpoint());
                Subject ours = new Subject("127.0.0.1:" + cluster.etcdPort(1));
                ExecutorService both = Executors.newFixedThreadPool(2)) {
            cluster.awaitVersion(PUT_THEN_DELETE);
            for (Subject each : List.of(theirs, ours)) {
                List<Integer> hashes = each.hashesAroundACompaction();
                assertEquals(1, Set.copyOf(hashes).size(), hashes::toString);
                assertNotEquals(0, hashes.getFirst());
            }
            long began = System.nanoTime();
            int requests = 0;
            for (long seed = FIRST_SEED; requests < REQUESTS; seed++) {
                List<Step> script = new ScriptGenerator(seed).script(STEPS);
                requests += script.size();
                Difference difference = difference(script, theirs, ours, both);
                if (difference != null) {
                    List<Step> shortest = Shrinking.shrink(
                            script, SHRINKING_TRIES, shorter -> difference(shorter, theirs, ours, both) != null);
                    Difference again = difference(shortest, theirs, ours, both);
                    fail("seed " + seed + ": "
                            + (again == null
                                    ? "not each time, and this once:\n" + text(script, difference, true)
                                    : shortest.size() + " steps are enough:\n" + text(shortest, again, false)));
                }
            }
            System.out.printf(
                    "etcd and Raftgres gave the same responses to %d requests, in %d s%n",
                    requests, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began));
        }
    }

    private record Difference(List<String> theirs, List<String> ours) {}

    private static Difference difference(List<Step> script, Subject theirs, Subject ours, ExecutorService both)
            throws Exception {
        Callable<List<String>> etcd = () -> theirs.run(script);
        Callable<List<String>> raftgres = () -> ours.run(script);
        Future<List<String>> expected = both.submit(etcd);
        Future<List<String>> found = both.submit(raftgres);
        return expected.get().equals(found.get()) ? null : new Difference(expected.get(), found.get());
    }

    /** @param differing leaves out the responses that are the same */
    private static String text(List<Step> script, Difference difference, boolean differing) {
        StringBuilder text = new StringBuilder();
        for (int i = 0;
                i < Math.max(difference.theirs().size(), difference.ours().size());
                i++) {
            String step = i < script.size() ? script.get(i).text() : "at the end";
            String expected =
                    i < difference.theirs().size() ? difference.theirs().get(i) : "nothing";
            String found = i < difference.ours().size() ? difference.ours().get(i) : "nothing";
            boolean same = expected.equals(found);
            if (!same || !differing) {
                text.append(i)
                        .append(' ')
                        .append(step)
                        .append("\n    etcd:     ")
                        .append(expected)
                        .append(same ? "\n" : "\n    raftgres: " + found + "\n");
            }
        }
        return text.toString();
    }
}
