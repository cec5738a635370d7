package io.raftgres.node.service.lease;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.Leases;
import io.raftgres.node.service.lease.Lessor.Time;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Under any leader no lease ends before its time, and each ends soon after it. */
class LessorTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    /** Near the end of what a long holds: System.nanoTime may be anywhere. */
    private long now = Long.MAX_VALUE - 5 * SECOND;

    private final Leases leases = new Leases();
    private final Lessor lessor = new Lessor(leases, () -> now);

    @Test
    void aLeaseExpiresWhenItsTimeIsOverAndNotBefore() {
        lessor.lead(1);
        lessor.granted(7, 10);
        now += 10 * SECOND - 1;
        assertEquals(List.of(), lessor.expired(10));
        assertEquals(new Time.Running(10, 0), lessor.time(7, false));
        now += 1;
        assertEquals(List.of(7L), lessor.expired(10));
        assertEquals(List.of(), lessor.expired(10), "its end is in flight");
    }

    @Test
    void renewalRestartsTheTtl() {
        lessor.lead(1);
        lessor.granted(7, 10);
        now += 9 * SECOND;
        assertEquals(new Time.Running(10, 10_000), lessor.time(7, true));
        now += 9 * SECOND;
        assertEquals(List.of(), lessor.expired(10));
        assertEquals(new Time.Running(10, 1_000), lessor.time(7, false));
        now += SECOND;
        assertEquals(List.of(7L), lessor.expired(10));
    }

    @Test
    void newLeaderRestartsTheFullTtl() {
        leases.load(Map.of(7L, 10L));
        lessor.lead(1);
        now += 9 * SECOND;
        lessor.follow();
        assertInstanceOf(Time.NotLeading.class, lessor.time(7, true));
        now += 100 * SECOND;
        assertEquals(List.of(), lessor.expired(10), "who does not lead ends nothing");
        lessor.lead(3);
        assertEquals(new Time.Running(10, 10_000), lessor.time(7, false));
        now += 10 * SECOND;
        assertEquals(List.of(7L), lessor.expired(10));
    }

    @Test
    void aLeaseThatHasExpiredIsNeverRenewedForItsEndMayHaveBegun() {
        lessor.lead(1);
        lessor.granted(7, 1);
        now += SECOND;
        lessor.expired(10);
        Time.Ending ending = (Time.Ending) lessor.time(7, true);
        assertFalse(ending.decided().toCompletableFuture().isDone());
        assertEquals(List.of(), lessor.expired(10), "its end is on its way");
        lessor.stillThere(List.of(7L));
        assertInstanceOf(Time.Ending.class, lessor.time(7, true));
        assertEquals(List.of(7L), lessor.expired(10), "it is proposed again");
        assertFalse(ending.decided().toCompletableFuture().isDone());
        lessor.ended(7);
        assertTrue(ending.decided().toCompletableFuture().isDone());
        assertInstanceOf(Time.Absent.class, lessor.time(7, true));
    }

    @Test
    void leasesThatHaveEndedAreForgotten() {
        lessor.lead(1);
        for (long lease = 1; lease <= 100_000; lease++) {
            lessor.granted(lease, 9_000_000_000L);
            lessor.ended(lease);
        }
        assertTrue(lessor.deadlines() < 2_000, () -> lessor.deadlines() + " deadlines of no lease");
    }

    /** Against a model that looks at every lease at every step. */
    @Test
    void randomHistoriesAgreeWithAModel() {
        for (long seed = 1; seed <= 200; seed++) {
            Random random = new Random(seed);
            Leases all = new Leases();
            long[] time = {random.nextLong()};
            Lessor tested = new Lessor(all, () -> time[0]);
            tested.lead(1);
            Map<Long, long[]> model = new HashMap<>();
            Set<Long> ending = new HashSet<>();
            Set<Long> over = new HashSet<>();
            for (int step = 0; step < 500; step++) {
                long lease = 1 + random.nextInt(20);
                switch (random.nextInt(6)) {
                    case 0 -> {
                        if (!model.containsKey(lease)) {
                            long ttl = 1 + random.nextInt(20);
                            model.put(lease, new long[] {ttl, time[0] + ttl * SECOND});
                            tested.granted(lease, ttl);
                        }
                    }
                    case 1 -> {
                        model.remove(lease);
                        ending.remove(lease);
                        over.remove(lease);
                        tested.ended(lease);
                    }
                    case 2 -> {
                        if (tested.time(lease, true) instanceof Time.Running running) {
                            assertFalse(over.contains(lease), "seed " + seed);
                            assertEquals(model.get(lease)[0], running.ttlSeconds(), "seed " + seed);
                            model.get(lease)[1] = time[0] + running.ttlSeconds() * SECOND;
                        }
                    }
                    case 3 -> time[0] += random.nextLong(6 * SECOND);
                    case 4 -> {
                        tested.stillThere(List.copyOf(ending));
                        ending.clear();
                    }
                    default -> {
                        List<Long> expected = new ArrayList<>(model.keySet().stream()
                                .filter(id -> !ending.contains(id) && model.get(id)[1] - time[0] <= 0)
                                .sorted()
                                .toList());
                        assertEquals(
                                expected, tested.expired(100).stream().sorted().toList(), "seed " + seed);
                        ending.addAll(expected);
                        over.addAll(expected);
                    }
                }
            }
        }
    }
}
