package io.raftgres.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Rules;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * 2,000 seeds of 32 simulated seconds each: all invariants hold, and the seeds reach every state that is worth
 * reaching. The same seed always gives the same run.
 */
class SimulationTest {
    private static final int SEEDS = 2000;

    @Test
    void everyInvariantHoldsInTwoThousandSeeds() throws InterruptedException {
        Campaign campaign = new Campaign(1, SEEDS, Rules.STANDARD, Set.of());
        long startedNs = System.nanoTime();
        Campaign.Failure failure = campaign.run(Runtime.getRuntime().availableProcessors());
        double seconds = (System.nanoTime() - startedNs) / 1e9;
        Counts counts = campaign.counts();
        System.out.println("simulation: " + counts
                + String.format(", %.1f s, %,.0f steps a second", seconds, counts.steps / seconds) + counts.states());
        assertNull(
                failure,
                () -> "seed " + failure.seed() + ": " + failure.violation().invariant() + ": "
                        + failure.violation().getMessage() + "; replay it with: raftgres simulate --seed "
                        + failure.seed()
                        + " --trace");
        assertEquals(SEEDS, counts.seeds);
        assertTrue(
                counts.leaders > SEEDS
                        && counts.crashes > SEEDS
                        && counts.membershipChanges > SEEDS
                        && counts.snapshots > SEEDS
                        && counts.statesLost > SEEDS / 2
                        && counts.logsLost > SEEDS / 8
                        && counts.acknowledged > 100L * SEEDS,
                () -> "the faults are too tame or too wild: " + counts);
        assertEquals(List.of(), counts.missed(), () -> "states that no seed has reached; all:" + counts.states());
        assertTrue(counts.undecided <= SEEDS / 100, () -> counts.undecided + " histories were not decided");
    }

    @Test
    void aSeedAlwaysGivesTheSameRunTracedOrNot() {
        for (long seed = 1; seed <= 14; seed++) {
            Campaign.Run run = Campaign.runSeed(seed, Rules.STANDARD, Set.of(), null);
            List<String> lines = new ArrayList<>();
            Campaign.Run traced = Campaign.runSeed(seed, Rules.STANDARD, Set.of(), lines::add);
            List<String> linesAgain = new ArrayList<>();
            Campaign.Run again = Campaign.runSeed(seed, Rules.STANDARD, Set.of(), linesAgain::add);
            assertEquals(run.hash(), traced.hash(), "seed " + seed);
            assertEquals(run.hash(), again.hash(), "seed " + seed);
            assertEquals(lines, linesAgain, "seed " + seed);
            assertTrue(lines.size() > 1000, "seed " + seed + " has " + lines.size() + " lines");
        }
        assertNotEquals(
                Campaign.runSeed(1, Rules.STANDARD, Set.of(), null).hash(),
                Campaign.runSeed(2, Rules.STANDARD, Set.of(), null).hash());
    }

    /** A seed that fails in a campaign also fails when it runs alone. */
    @Test
    void aFailureReplays() throws InterruptedException {
        Campaign campaign = new Campaign(1, 600, Rules.STANDARD, Set.of(Sabotage.REPORT_ACROSS_TRUNCATION));
        Campaign.Failure failure = campaign.run(Runtime.getRuntime().availableProcessors());
        Campaign.Run run =
                Campaign.runSeed(failure.seed(), Rules.STANDARD, Set.of(Sabotage.REPORT_ACROSS_TRUNCATION), null);
        assertEquals(failure.violation().invariant(), run.violation().invariant());
        assertEquals(failure.violation().getMessage(), run.violation().getMessage());
    }
}
