package io.raftgres.bench.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The test finds the gap around a kill, at whatever time of the launcher's run the kill was. */
class KillsTest {

    @Test
    void takesTheLongestSilenceThatOverlapsTheKill() {
        long[] acks = {0, 5, 10, 15, 100, 105, 400, 405, 500};
        assertEquals(5, Kills.gapStart(acks, 102, 110), "105 to 400");
        assertEquals(3, Kills.gapStart(acks, 12, 20), "15 to 100");
        assertEquals(5, Kills.gapStart(acks, 12, 500), "the longest of several");
        assertEquals(0, Kills.gapStart(acks, 1, 4));
    }

    @Test
    void silenceBeforeOrAfterTheKillIsNotItsOwn() {
        long[] acks = {0, 1000, 1005, 1200, 1205, 5000};
        assertEquals(2, Kills.gapStart(acks, 1004, 1100), "neither 0 to 1000 nor 1205 to 5000");
    }

    @Test
    void noAcknowledgementAfterTheKill() {
        long[] acks = {0, 5, 10};
        assertEquals(2, Kills.gapStart(acks, 20, 30));
        assertEquals(-1, Kills.gapStart(new long[0], 20, 30));
        assertEquals(-1, Kills.gapStart(new long[] {50}, 20, 30), "none before");
    }
}
