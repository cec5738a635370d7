package io.raftgres.sim;

import io.raftgres.raft.Rules;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Simulates many seeds on several threads; each seed has its own world. */
final class Campaign {

    /** The violation that a seed found. */
    record Failure(long seed, Violation violation) {}

    /** The result of one seed. @param violation null when all invariants held */
    record Run(long seed, long hash, Counts counts, Violation violation) {}

    private final long firstSeed;
    private final long seeds;
    private final Rules rules;
    private final Set<Sabotage> sabotage;
    private final AtomicLong next = new AtomicLong();
    private final AtomicLong finished = new AtomicLong();
    private final Counts counts = new Counts();
    private volatile Failure failure;

    Campaign(long firstSeed, long seeds, Rules rules, Set<Sabotage> sabotage) {
        this.firstSeed = firstSeed;
        this.seeds = seeds;
        this.rules = rules;
        this.sabotage = sabotage;
    }

    static Run runSeed(long seed, Rules rules, Set<Sabotage> sabotage, Consumer<String> reader) {
        World world = new World(seed, rules, sabotage, reader);
        Violation violation = null;
        try {
            world.run();
        } catch (Violation found) {
            violation = found;
        } catch (RuntimeException e) {
            // An unexpected exception is a violation, too. Otherwise the thread would die, and its seeds would count as
            // passed.
            violation = new Violation(Invariant.CORE_ASSERTION, "unexpected: " + e, e);
        }
        if (violation != null) {
            Violation found = violation;
            world.trace.line(world.now(), () -> found.invariant() + ": " + found.getMessage());
        }
        world.counts.seeds = 1;
        return new Run(seed, world.trace.hash(), world.counts, violation);
    }

    /** @return the failure with the lowest seed among those found, null when all invariants held */
    Failure run(int threads) throws InterruptedException {
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            workers.add(Thread.ofPlatform().name("simulation-" + i).start(this::work));
        }
        for (Thread worker : workers) {
            worker.join();
        }
        return failure;
    }

    private void work() {
        for (long i = next.getAndIncrement(); i < seeds && failure == null; i = next.getAndIncrement()) {
            Run run = runSeed(firstSeed + i, rules, sabotage, null);
            finished.incrementAndGet();
            synchronized (counts) {
                counts.add(run.counts());
                if (run.violation() != null && (failure == null || run.seed() < failure.seed())) {
                    failure = new Failure(run.seed(), run.violation());
                }
            }
        }
    }

    long finished() {
        return finished.get();
    }

    Counts counts() {
        synchronized (counts) {
            Counts copy = new Counts();
            copy.add(counts);
            return copy;
        }
    }
}
