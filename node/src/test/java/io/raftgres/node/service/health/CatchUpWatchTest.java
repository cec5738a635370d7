package io.raftgres.node.service.health;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A member that learns of commits and gets no further raises an alarm. */
class CatchUpWatchTest {

    private static final long STUCK = CatchUpWatch.STUCK_NANOS;

    private final CatchUpWatch watch = new CatchUpWatch();

    @Test
    void laggingMemberIsStuckOnlyWhenItDoesNotMove() {
        assertFalse(watch.isStuck(3, 10, 0));
        assertFalse(watch.isStuck(3, 11, STUCK - 1));
        assertTrue(watch.isStuck(3, 11, STUCK));
        assertTrue(watch.isStuck(3, 12, 2 * STUCK));
        assertFalse(watch.isStuck(4, 1_000, 2 * STUCK + 1));
        assertFalse(watch.isStuck(4, 1_000, 3 * STUCK));
        assertTrue(watch.isStuck(4, 1_000, 3 * STUCK + 1));
    }

    @Test
    void memberWithAllEntriesOrWithoutALeaderIsNotStuck() {
        assertFalse(watch.isStuck(7, 7, 0));
        assertFalse(watch.isStuck(7, 7, 5 * STUCK));
        assertFalse(watch.isStuck(7, 0, 10 * STUCK));
        assertFalse(watch.isStuck(7, 8, 11 * STUCK - 1), "it is behind since just now");
    }
}
