package io.raftgres.operator.plan;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Whatever happens, and wherever the operator is killed, the planner keeps its promises: never more than one voter down
 * by our hand, no quorum given away, no leader stopped before a transfer, no claim of a member deleted, no
 * acknowledged entry lost, and always an end. The same walks each time, so that a change fails for what it changes;
 * {@code -Draftgres.walk.seconds=180} walks on for so long, {@code -Draftgres.walk.first=N} begins elsewhere, where
 * nobody has been, and {@code -Draftgres.walk.seed=N} walks one way again.
 */
class RandomWalkTest {

    private static final int WALKS = 150;

    /**
     * Have found something once: a recovery that was withdrawn while it ran; a pod that was back before it was replaced
     * as one that is down; a leader that was never replaced, because one that had been removed was not ready; a learner
     * that became a voter before it was stopped; two voters that were stopped while they came up; refused
     * growth of many claims, tried again so often that no other step had its turn.
     */
    private static final long[] FOUND = {
        20222099042998L, 32608342132752L, 34116691033843L, 38488130343052L, 46367813548749L, 770000000579L, 4810, 63684
    };

    @Test
    void promisesAreKept() {
        Long only = Long.getLong("raftgres.walk.seed");
        long seconds = Long.getLong("raftgres.walk.seconds", 0);
        long first = only != null ? only : Long.getLong("raftgres.walk.first", 1);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        long walks = 0;
        long steps = 0;
        do {
            steps += walk(first + walks++);
        } while (only == null && (seconds > 0 ? System.nanoTime() < end : walks < WALKS));
        // The arrow lets ./raftgres test show it.
        System.out.println(
                "--> " + walks + " random walks from seed " + first + ", " + steps + " steps of the operator");
    }

    @Test
    void whatWasFoundOnceStaysMended() {
        for (long seed : FOUND) {
            walk(seed);
        }
    }

    private static int walk(long seed) {
        Walk walk = new Walk(seed, new Planner());
        try {
            return walk.run();
        } catch (RuntimeException | AssertionError e) {
            return fail(
                    "seed " + seed + " (again with -Draftgres.walk.seed=" + seed + "): " + e.getMessage() + "\n"
                            + String.join("\n", walk.trace()),
                    e);
        }
    }
}
