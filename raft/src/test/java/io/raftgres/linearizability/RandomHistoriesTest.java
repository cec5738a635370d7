package io.raftgres.linearizability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The checker accepts every history of real atomic registers, and finds the histories that were changed afterwards. */
class RandomHistoriesTest {

    @Test
    void realRegistersAreAlwaysExplained() {
        for (int seed = 0; seed < 400; seed++) {
            List<Operation> history =
                    RandomHistories.make(seed, 300, 2 + seed % 9, 1 + seed % 4, 0.05 * (seed % 4), seed % 2 == 0);
            Verdict verdict = new Checker().check(history);
            assertTrue(verdict.ok(), "seed " + seed + ": " + verdict);
        }
    }

    /** A stale read: the read now returns a value that was overwritten before the read began. */
    @Test
    void staleReadsAreFound() {
        assertEquals(60, caught((history, random) -> {
            Operation read = pick(history, random, o -> o.result() instanceof Result.Found);
            Operation stale = pick(
                    history,
                    random,
                    o -> o.result() instanceof Result.Found
                            && o.key().equals(read.key())
                            && overwrittenBefore(history, o, read.invokedNs()));
            return stale == null ? null : replace(history, read, stale.result());
        }));
    }

    /** A lost write: clients have read it, and its response now says that it failed. */
    @Test
    void writesThatHappenedAlthoughTheyFailedAreFound() {
        assertEquals(60, caught((history, random) -> {
            Operation read = pick(history, random, o -> o.result() instanceof Result.Found);
            Operation write = pick(
                    history,
                    random,
                    o -> o.result() instanceof Result.Written
                            && valueOf(o.action()).equals(((Result.Found) read.result()).value()));
            return write == null ? null : replace(history, write, new Result.Failed());
        }));
    }

    @Test
    void revisionsThatWentBackAreFound() {
        assertEquals(60, caught((history, random) -> {
            Operation later = pick(history, random, o -> o.result() instanceof Result.Written);
            Operation earlier = pick(
                    history,
                    random,
                    o -> o.result() instanceof Result.Written
                            && o.key().equals(later.key())
                            && o.returnedNs() < later.invokedNs());
            return earlier == null
                    ? null
                    : replace(history, later, new Result.Written(((Result.Written) earlier.result()).revision()));
        }));
    }

    @Test
    void aHundredClientsAndAHundredThousandOperationsTakeSeconds() {
        for (int keys : new int[] {1, 50, 1000}) {
            List<Operation> history = RandomHistories.make(keys, 120_000, 100, keys, 0.001, true);
            long started = System.nanoTime();
            Verdict verdict = new Checker().check(history);
            long tookMs = (System.nanoTime() - started) / 1_000_000;
            assertTrue(verdict.ok(), verdict::toString);
            assertTrue(tookMs < 30_000, keys + " keys took " + tookMs + " ms");
            System.out.println("120,000 operations of 100 clients on " + keys + " keys checked in " + tookMs + " ms");
        }
    }

    @Test
    void aViolationInALongHistoryIsFoundAndMadeSmall() {
        List<Operation> history = new ArrayList<>(RandomHistories.make(7, 50_000, 50, 5, 0.001, true));
        Operation read = history.stream()
                .skip(30_000)
                .filter(o -> o.result() instanceof Result.Found)
                .findFirst()
                .orElseThrow();
        history = replace(history, read, new Result.Absent());
        Verdict verdict = new Checker().check(history);
        if (verdict instanceof Verdict.Violation violation) {
            assertEquals(read.key(), violation.key());
            assertTrue(violation.window().size() <= 12, violation::toString);
        } else {
            assertTrue(
                    history.stream()
                            .anyMatch(o -> o.action() instanceof Action.Delete
                                    && o.key().equals(read.key())
                                    && o.invokedNs() < read.returnedNs()
                                    && o.returnedNs() > read.invokedNs()),
                    verdict::toString);
        }
    }

    /**
     * The recorder: threads on one register behind a lock give a linearizable history. Without the newest value the
     * history is not linearizable.
     */
    @Test
    void realThreadsAreRecorded() throws InterruptedException {
        History good = new History();
        AtomicReference<String> register = new AtomicReference<>("none");
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int client = 0; client < 8; client++) {
                long id = client;
                threads.execute(() -> {
                    for (int i = 0; i < 1000; i++) {
                        String value = id + "-" + i;
                        History.Pending put = good.invoke(id, "k", new Action.Put(value));
                        register.set(value);
                        put.complete(new Result.Written(Result.UNKNOWN_REVISION));
                        History.Pending get = good.invoke(id, "k", new Action.Get());
                        get.complete(new Result.Found(register.get(), Result.UNKNOWN_REVISION));
                    }
                });
            }
            threads.shutdown();
            assertTrue(threads.awaitTermination(60, TimeUnit.SECONDS));
        }
        assertEquals(16_000, good.operations().size());
        Verdict verdict = new Checker().check(good);
        assertTrue(verdict.ok(), verdict::toString);
        History.Pending stale = good.invoke(9, "k", new Action.Get());
        stale.complete(new Result.Found("0-0", Result.UNKNOWN_REVISION));
        assertFalse(new Checker().check(good).ok());
    }

    private interface Mutation {
        /** @return the changed history; null if this history has no place for the change */
        List<Operation> apply(List<Operation> history, Random random);
    }

    /** @return number of the 60 changed histories that the checker rejects */
    private static int caught(Mutation mutation) {
        int mutated = 0;
        int found = 0;
        for (int seed = 0; mutated < 60; seed++) {
            List<Operation> history = RandomHistories.make(seed, 200, 4, 2, 0.02, true);
            List<Operation> broken = mutation.apply(history, new Random(seed));
            if (broken != null) {
                mutated++;
                found += new Checker().check(broken) instanceof Verdict.Violation ? 1 : 0;
            }
        }
        return found;
    }

    private static boolean overwrittenBefore(List<Operation> history, Operation read, long timeNs) {
        return history.stream()
                .anyMatch(o -> o.key().equals(read.key())
                        && o.result() instanceof Result.Written(long revision)
                        && revision > ((Result.Found) read.result()).revision()
                        && o.returnedNs() < timeNs);
    }

    private static String valueOf(Action action) {
        return switch (action) {
            case Action.Put(String value) -> value;
            case Action.CompareAndSet(long _, String value) -> value;
            case Action.Get _, Action.Delete _ -> "";
        };
    }

    private static Operation pick(
            List<Operation> history, Random random, java.util.function.Predicate<Operation> wanted) {
        List<Operation> fitting = history.stream().filter(wanted).toList();
        return fitting.isEmpty() ? null : fitting.get(random.nextInt(fitting.size()));
    }

    private static List<Operation> replace(List<Operation> history, Operation old, Result result) {
        List<Operation> changed = new ArrayList<>(history);
        changed.set(
                changed.indexOf(old),
                new Operation(old.client(), old.key(), old.action(), result, old.invokedNs(), old.returnedNs()));
        return changed;
    }
}
