package io.raftgres.node.service.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.ServiceException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every watch sees exactly the changes of its range from its start on, in order, each once, however slow it is. */
@Timeout(180)
class WatchHubTest {

    private static final byte[] SMALL = new byte[10];

    /** Counts in each place where it is held, and exists once. */
    private static final byte[] LARGE = new byte[200_000];

    private static final WatchSpec ALL = new WatchSpec(KeyRange.EVERYTHING, 0, true, true);

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "not within 60 s: " + what);
            LockSupport.parkNanos(100_000);
        }
    }

    @Test
    void eachWatcherSeesItsOwnChangesThroughAllFaults() {
        for (long seed = 0; seed < 60; seed++) {
            try (Source source = new Source(seed % 3 == 0 ? 0 : seed % 3 == 1 ? 3_000_000 : 20_000)) {
                new Walk(source, new Random(seed)).run();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    /** A defect ends the watches that are open, and not those that come after it for the rest of the node's life. */
    @Test
    void failedHubStartsAgain() {
        try (Source source = new Source(3_000_000)) {
            for (int round = 1; round <= 3; round++) {
                int failures = round;
                java.util.concurrent.atomic.AtomicBoolean defect = new java.util.concurrent.atomic.AtomicBoolean();
                WatchFeed innocent = source.hub.open(() -> {});
                innocent.add(new Watcher(ALL));
                WatchFeed broken = source.hub.open(() -> {
                    if (defect.get()) {
                        throw new AssertionError("a defect");
                    }
                });
                broken.add(new Watcher(ALL));
                await("both are up to date", () -> source.hub.watchesBehind() == 0);
                defect.set(true);
                source.write(List.of("a"), SMALL, true);
                await("it fails", () -> source.hub.failures() == failures);
                await("all fail", () -> innocent.failure() != null && broken.failure() != null);
                await("none is left", () -> source.hub.openWatches() == 0);
                defect.set(false);

                WatchFeed next = source.hub.open(() -> {});
                next.add(new Watcher(ALL));
                long revision = source.write(List.of("b"), SMALL, true);
                await(
                        "a change is sent",
                        () -> next.poll() instanceof Delivery.Changes changes
                                && changes.changes().getLast().revision() == revision);
                next.close();
                await("it is forgotten", () -> source.hub.openWatches() == 0);
            }
        }
    }

    /** Writes, watches, cancels, compacts and takes at random. */
    private static final class Walk {
        private final Source source;
        private final Random random;
        private final List<Reader> readers = new ArrayList<>();

        Walk(Source source, Random random) {
            this.source = source;
            this.random = random;
        }

        void run() {
            for (int i = 0; i < 4; i++) {
                readers.add(new Reader(source));
            }
            for (int step = 0; step < 1_500; step++) {
                step();
            }
            source.unavailable = false;
            long revision = source.write(List.of("last"), SMALL, true);
            for (Reader reader : readers) {
                await("all is seen", () -> {
                    while (reader.take()) {
                        // Until there is nothing.
                    }
                    return reader.hasSeen(revision);
                });
                reader.assertSeen(revision);
                assertNull(reader.feed.failure());
                reader.feed.close();
            }
            await("nothing is left", () -> source.hub.openWatches() == 0);
            assertEquals(0, source.hub.buffered.used());
        }

        private void step() {
            Reader reader = readers.get(random.nextInt(readers.size()));
            int what = random.nextInt(100);
            if (what < 50) {
                source.write(
                        keys(),
                        random.nextInt(4) == 0 ? null : random.nextInt(3) == 0 ? LARGE : SMALL,
                        random.nextInt(4) > 0);
            } else if (what < 60) {
                reader.watch(new WatchSpec(range(), from(), random.nextInt(5) > 0, random.nextInt(5) > 0));
            } else if (what < 65 && !reader.watches.isEmpty()) {
                List<Watcher> all = List.copyOf(reader.watches.keySet());
                reader.feed.cancel(all.get(random.nextInt(all.size())));
            } else if (what < 66) {
                source.compact(1 + random.nextLong(source.revision()));
            } else if (what < 67) {
                source.unavailable = random.nextInt(3) == 0;
            } else if (what < 72) {
                reader.feed.requestProgress();
            } else if (what < 74) {
                reader.feed.own("own");
            } else if (reader != readers.getFirst() || random.nextInt(10) == 0) {
                for (int i = random.nextInt(30); i > 0 && reader.take(); i--) {
                    // Takes some.
                }
            }
        }

        private List<String> keys() {
            List<String> keys = new ArrayList<>();
            for (int key = random.nextInt(8); key < 8; key += 1 + random.nextInt(7)) {
                keys.add("k" + key);
            }
            return keys;
        }

        private KeyRange range() {
            return switch (random.nextInt(4)) {
                case 0 -> KeyRange.prefix(Key.of("k"));
                case 1 -> new KeyRange(Key.of("k" + random.nextInt(8)), null);
                case 2 -> new KeyRange(Key.of("k1"), Key.of("k" + (2 + random.nextInt(6))));
                default -> KeyRange.single(Key.of("k" + random.nextInt(8)));
            };
        }

        private long from() {
            long revision = source.revision();
            return switch (random.nextInt(4)) {
                case 0 -> Math.max(1, source.compacted() + random.nextLong(revision - source.compacted() + 1));
                case 1 -> 1 + random.nextLong(revision);
                case 2 -> revision + random.nextInt(20);
                default -> 0;
            };
        }
    }

    /** A consumer that takes nothing holds little memory, costs the others nothing, and gets all changes in the end. */
    @Test
    void stuckConsumerCostsTenThousandOthersNothing() {
        try (Source source = new Source(10_000_000)) {
            int others = 10_000;
            AtomicLong seen = new AtomicLong();
            KeyRange hot = KeyRange.single(Key.of("hot"));
            List<WatchFeed> feeds = new ArrayList<>();
            for (int i = 0; i < others; i++) {
                WatchFeed[] feed = new WatchFeed[1];
                feed[0] = source.hub.open(() -> {
                    for (Delivery each = feed[0].poll(); each != null; each = feed[0].poll()) {
                        seen.addAndGet(
                                each instanceof Delivery.Changes changes
                                        ? changes.changes().size()
                                        : 0);
                    }
                });
                feed[0].add(new Watcher(new WatchSpec(hot, 0, true, true)));
                feeds.add(feed[0]);
            }
            Reader stuck = new Reader(source);
            stuck.watch(new WatchSpec(hot, 0, true, true));
            int writes = 200;
            for (int i = 0; i < writes; i++) {
                long revision = source.write(List.of("hot"), LARGE, true);
                // Or the ring would move on before the hub has read it.
                await("the hub is not far behind", () -> source.hub.position() > revision - 20);
            }
            await("the others have all of it", () -> seen.get() == (long) writes * others);
            assertTrue(source.hub.buffered.used() < 5L << 20, "held: " + source.hub.buffered.used());
            assertEquals(0, source.reads.get(), "another watch fell behind");
            await("the stuck one sees all", () -> {
                while (stuck.take()) {
                    // Takes all that there is.
                }
                return stuck.hasSeen(source.revision());
            });
            stuck.assertSeen(source.revision());
            assertTrue(source.reads.get() > 0, "what it missed came out of the history");
            long before = seen.get();
            source.write(List.of("hot"), SMALL, true);
            await("it is up to date", () -> stuck.take() && stuck.hasSeen(source.revision()));
            await("the others are", () -> seen.get() == before + others);
            feeds.forEach(WatchFeed::close);
            stuck.feed.close();
            await("nothing is left", () -> source.hub.openWatches() == 0);
        }
    }

    /** All of them stuck: each keeps its reserve and one delivery, however many there are. */
    @Test
    void allStuckTogetherHoldABoundedAmount() {
        try (Source source = new Source(1_000_000)) {
            List<Reader> readers = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                readers.add(new Reader(source));
                readers.getLast().watch(ALL);
            }
            for (int i = 0; i < 40; i++) {
                source.write(List.of("k"), LARGE, true);
            }
            await("the hub has passed them", () -> source.hub.position() == source.revision());
            long bound = (64L << 20) + 500 * (LARGE.length + DeliveryBuffer.RESERVED_BYTES + 1_000L);
            assertTrue(source.hub.buffered.used() <= bound, "held: " + source.hub.buffered.used());
            for (Reader reader : readers) {
                await("it sees all", () -> {
                    while (reader.take()) {
                        // Takes all that there is.
                    }
                    return reader.hasSeen(source.revision());
                });
                reader.assertSeen(source.revision());
            }
        }
    }

    @Test
    void progressComesWhenAllHaveEverything() {
        try (Source source = new Source(0)) {
            source.unavailable = true;
            Reader reader = new Reader(source);
            reader.feed.requestProgress();
            // The hub takes one command after the other: once it has let go of this watch, it has dropped the request.
            try (WatchFeed other = source.hub.open(() -> {})) {
                other.add(new Watcher(ALL));
            }
            await("the request was taken", () -> source.hub.openWatches() == 0);
            source.write(List.of("a", "b"), SMALL, true);
            reader.watch(new WatchSpec(KeyRange.single(Key.of("a")), 0, true, true));
            Watcher past = reader.watch(new WatchSpec(KeyRange.single(Key.of("b")), 1, true, true));
            reader.feed.requestProgress();
            await("it looks for the past", () -> source.reads.get() > 0);
            while (reader.take()) {
                // Only what can be known.
            }
            assertEquals(0, reader.progress);
            await("one is behind", () -> source.hub.watchesBehind() == 1);
            source.unavailable = false;
            await("progress", () -> reader.take() && reader.progress == 1);
            assertEquals(1, reader.watches.get(past).changes.size());
            reader.feed.requestProgress(past);
            await("its own progress", () -> reader.take() && reader.progress == 2);
            await("none is behind", () -> source.hub.watchesBehind() == 0);
            reader.watch(new WatchSpec(KeyRange.EVERYTHING, source.revision() + 5, true, true));
            reader.feed.requestProgress();
            for (int i = 0; i < 5; i++) {
                source.write(List.of("c"), SMALL, true);
            }
            await("the later watch begins", () -> {
                reader.take();
                return reader.hasSeen(source.revision());
            });
            assertEquals(2, reader.progress, "a watch from a revision to come has not seen what was before it");
        }
    }

    @Test
    void untakenProgressIsQueuedOnce() {
        try (Source source = new Source(0)) {
            Reader reader = new Reader(source);
            reader.watch(ALL);
            await("it is there", () -> source.hub.openWatches() == 1);
            while (reader.take()) {
                // That it was created.
            }
            for (int i = 0; i < 100; i++) {
                reader.feed.requestProgress();
                // The hub takes one command after the other.
                try (WatchFeed other = source.hub.open(() -> {})) {
                    other.add(new Watcher(ALL));
                }
                await("the request was taken", () -> source.hub.openWatches() == 1);
            }
            int responses = 0;
            while (reader.take()) {
                responses++;
            }
            assertTrue(responses >= 1 && responses <= 2, responses + " responses");
        }
    }

    @Test
    void aWatchThatACompactionOvertakesEnds() {
        try (Source source = new Source(0)) {
            for (int i = 0; i < 50; i++) {
                source.write(List.of("a"), SMALL, true);
            }
            source.compact(20);
            Reader reader = new Reader(source);
            Watcher tooOld = reader.watch(new WatchSpec(KeyRange.EVERYTHING, 19, true, true));
            Watcher justKept = reader.watch(new WatchSpec(KeyRange.EVERYTHING, 20, true, true));
            await("all is seen", () -> {
                reader.take();
                return reader.hasSeen(source.revision()) && reader.watches.get(tooOld).cancelled;
            });
            assertEquals(20, ((ServiceException.Compacted) reader.watches.get(tooOld).reason).compactedRevision());
            assertFalse(reader.watches.get(justKept).cancelled);
            reader.assertSeen(source.revision());
            assertThrows(
                    ServiceException.Compacted.class, () -> new WatchCursor(source.hub::open, KeyRange.EVERYTHING, 19));
        }
    }

    @Test
    void theEndOfTheNodeEndsAllFeeds() {
        Source source = new Source(0);
        AtomicLong reported = new AtomicLong();
        WatchFeed feed = source.hub.open(reported::incrementAndGet);
        feed.add(new Watcher(ALL));
        source.unavailable = true;
        feed.add(new Watcher(new WatchSpec(KeyRange.EVERYTHING, 1, true, true)));
        long before = reported.get();
        source.close();
        assertTrue(reported.get() > before);
        assertInstanceOf(ServiceException.Unavailable.class, feed.failure());
        assertNull(feed.poll());
        assertEquals(0, source.hub.buffered.used());
        assertThrows(ServiceException.Unavailable.class, () -> source.hub.open(() -> {}));
        assertThrows(ServiceException.Unavailable.class, () -> feed.add(new Watcher(ALL)));
    }

    @Test
    void aConsumerThatFailsIsAlone() {
        try (Source source = new Source(0)) {
            WatchFeed[] failing = new WatchFeed[1];
            failing[0] = source.hub.open(() -> {
                if (source.revision() > 1) {
                    throw new IllegalStateException("on purpose");
                }
            });
            failing[0].add(new Watcher(ALL));
            Reader reader = new Reader(source);
            reader.watch(ALL);
            source.write(List.of("a"), SMALL, true);
            await("the other sees it", () -> reader.take() && reader.hasSeen(source.revision()));
            await("the failing one has failed", () -> failing[0].failure() != null);
            await("its watch is gone", () -> source.hub.openWatches() == 1);
        }
    }

    /** A revision of many changes is not copied for each of those who watch the same. */
    @Test
    void watchersOfOneRangeShareTheirChanges() {
        try (Source source = new Source(1 << 20)) {
            WatchFeed feed = source.hub.open(() -> {});
            for (int i = 0; i < 50; i++) {
                feed.add(new Watcher(ALL));
            }
            feed.add(new Watcher(new WatchSpec(KeyRange.EVERYTHING, 0, true, false)));
            await("all are up to date", () -> source.hub.watchesBehind() == 0);
            source.write(List.of("a", "b", "c"), SMALL, true);
            Set<List<Change>> lists = Collections.newSetFromMap(new IdentityHashMap<>());
            int[] seen = new int[1];
            await("all are notified", () -> {
                for (Delivery each = feed.poll(); each != null; each = feed.poll()) {
                    if (each instanceof Delivery.Changes changes) {
                        assertEquals(3, changes.changes().size());
                        lists.add(changes.changes());
                        seen[0]++;
                    }
                }
                return seen[0] == 51;
            });
            assertEquals(2, lists.size(), "lists, one of them for the watcher that wants puts alone");
        }
    }

    /** A consumer that has a delivery and does not request the next one still holds it. */
    @Test
    void lastPolledDeliveryIsStillCounted() {
        try (Source source = new Source(1 << 20)) {
            WatchFeed feed = source.hub.open(() -> {});
            feed.add(new Watcher(ALL));
            await("it is created", () -> feed.poll() instanceof Delivery.Created);
            await("nothing waits", () -> feed.poll() == null && source.hub.buffered.used() == 0);
            source.write(List.of("a"), LARGE, true);
            await("it is notified", () -> feed.poll() instanceof Delivery.Changes);
            assertTrue(source.hub.buffered.used() >= LARGE.length, "held: " + source.hub.buffered.used());
            assertNull(feed.poll());
            assertEquals(0, source.hub.buffered.used());
        }
    }

    @Test
    void tooManyWatchesAreRefused() {
        try (Source source = new Source(0)) {
            WatchFeed feed = source.hub.open(() -> {});
            Key longest = Key.of(new byte[8 << 10]);
            int watches = 0;
            try {
                while (watches < 10_000) {
                    feed.add(new Watcher(new WatchSpec(KeyRange.single(longest), 0, true, true)));
                    watches++;
                }
            } catch (ServiceException.Overloaded e) {
                // By the bytes of their ranges.
            }
            assertEquals((64 << 20) / (2 * longest.length() + 1), watches);
            feed.close();
            await("nothing is left", () -> source.hub.openWatches() == 0);
            WatchFeed again = source.hub.open(() -> {});
            for (int i = 0; i < WatchHub.MAX_WATCHES; i++) {
                again.add(new Watcher(ALL));
            }
            assertThrows(ServiceException.Overloaded.class, () -> again.add(new Watcher(ALL)));
        }
    }
}
