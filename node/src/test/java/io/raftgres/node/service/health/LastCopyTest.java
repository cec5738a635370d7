package io.raftgres.node.service.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** However many members find their states wrong at one moment, one on which each relies keeps its state. */
@Timeout(120)
class LastCopyTest {

    private final AtomicLong now = new AtomicLong(1);

    private LastCopy member() {
        return new LastCopy(now::get);
    }

    @Test
    void agreeingMemberKeepsItsStateForAWhile() {
        LastCopy one = member();
        LastCopy two = member();
        assertTrue(one.mayDiscardState(List.of(2L), other -> two.keep(9, 9)));
        assertFalse(one.keep(9, 9), "it has none to give any more");
        assertFalse(two.mayDiscardState(List.of(1L), other -> true));
        now.addAndGet(LastCopy.KEPT_NANOS);
        assertTrue(two.mayDiscardState(List.of(3L), other -> true));
    }

    @Test
    void askingMemberAgreesToNothingMeanwhile() {
        LastCopy one = member();
        LastCopy two = member();
        assertFalse(one.mayDiscardState(
                List.of(2L), other -> two.mayDiscardState(List.of(1L), asker -> one.keep(9, 9))));
        // Neither has, so each may be tried again.
        assertTrue(two.keep(9, 9));
        assertTrue(one.mayDiscardState(List.of(2L), other -> true));
    }

    /** Two could rely on a third that has just joined, and has nothing yet. */
    @Test
    void memberWithTooLittleStateIsNotReliedOn() {
        LastCopy one = member();
        LastCopy two = member();
        assertFalse(one.mayDiscardState(List.of(2L), other -> two.keep(8, 9)));
        assertTrue(two.mayDiscardState(List.of(1L), other -> one.keep(9, 9)), "it has promised nothing");
    }

    @Test
    void aLateAgreementIsNotReliedOn() {
        LastCopy one = member();
        assertFalse(one.mayDiscardState(List.of(2L), other -> {
            now.addAndGet(LastCopy.RESPONSE_TIMEOUT_NANOS);
            return true;
        }));
        assertTrue(one.keep(9, 9));
    }

    @Test
    void ofManyAskingAtOnceOneKeepsItsState() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(5)) {
            for (int round = 0; round < 300; round++) {
                int count = 2 + round % 4;
                List<LastCopy> members = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    members.add(member());
                }
                CyclicBarrier together = new CyclicBarrier(count);
                Random random = new Random(round);
                List<Future<Boolean>> discarded = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    int self = i;
                    List<Long> others = new ArrayList<>();
                    for (long other = 0; other < count; other++) {
                        if (other != self) {
                            others.add(random.nextInt(others.size() + 1), other);
                        }
                    }
                    discarded.add(threads.submit(() -> {
                        together.await(30, TimeUnit.SECONDS);
                        return members.get(self)
                                .mayDiscardState(
                                        others,
                                        other -> members.get((int) other).keep(9, 9));
                    }));
                }
                int given = 0;
                for (Future<Boolean> each : discarded) {
                    given += each.get() ? 1 : 0;
                }
                assertTrue(given < count, "all " + count + " in round " + round);
            }
        }
        assertEquals(1, now.get());
    }
}
