package io.raftgres.node.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.peer.Frame;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.SnapshotStores;
import io.raftgres.node.store.SnapshotStores.Modelled;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.node.store.staging.StagedState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lost frames, broken connections, receivers that end, sources that lie or leave: in the end the whole snapshot is
 * there, or none.
 */
@Tag("long")
@Timeout(180)
class SnapshotFaultTest {

    private static final int BATCHES = 60;
    private static final SnapshotOptions SLOW = new SnapshotOptions(200_000, 4_096, 4, 60_000, 100, 200, 3_000, 0);

    @TempDir
    static Path temp;

    private static EmbeddedPostgres postgres;
    private static StoreOptions from;
    private static Store source;
    private static final Modelled MODEL = new Modelled(41, 100);
    private static int databases;

    @BeforeAll
    static void startPostgres() throws Exception {
        postgres = TestPostgres.start(temp);
        from = SnapshotStores.fresh(postgres, "source");
        source = Store.open(from);
        source.bind(0xC1, 0xA, SnapshotStores.MEMBERS);
        MODEL.write(source, BATCHES);
        MODEL.put(source, 300, 1_000);
    }

    @AfterAll
    static void stopPostgres() {
        source.close();
        postgres.close();
    }

    private static StoreOptions receiver() throws Exception {
        return SnapshotStores.fresh(postgres, "receiver" + ++databases);
    }

    private static void assertInstalls(StoreOptions to) throws Exception {
        assertTrue(StagedSnapshot.complete(to).isPresent());
        StagedSnapshot.install(to, 0xC1, 0xB);
        assertEquals(SnapshotStores.contents(from), SnapshotStores.contents(to));
        try (Store store = Store.open(to)) {
            MODEL.assertSame(store);
        }
    }

    private static void until(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "no " + what + " within 60 s");
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    private static CompletableFuture<Fetched> fetchAside(SnapshotFetcher fetcher) {
        CompletableFuture<Fetched> fetched = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                fetched.complete(Link.fetch(fetcher, 1));
            } catch (InterruptedException | RuntimeException e) {
                fetched.completeExceptionally(e);
            }
        });
        return fetched;
    }

    @Test
    void lostFramesAreAskedForAgain() throws Exception {
        StoreOptions to = receiver();
        Random random = new Random(42);
        try (Link link = new Link(temp.resolve("lossy"))) {
            link.serve(1, from);
            link.onResponse = frame -> random.nextInt(10) == 0 ? null : frame;
            link.onRequest = frame -> random.nextInt(10) == 0 ? null : frame;
            Link.fetch(link.receiver(to), MODEL.index());
            assertInstalls(to);
        }
    }

    @Test
    void transferResumesAfterACutConnection() throws Exception {
        StoreOptions to = receiver();
        Random random = new Random(43);
        try (Link link = new Link(temp.resolve("cut"))) {
            SnapshotServer server = link.serve(1, from);
            SnapshotFetcher fetcher = link.receiver(to);
            CompletableFuture<Fetched> fetched = fetchAside(fetcher);
            long total = 0;
            for (int n = 0; n < 8 && !fetched.isDone(); n++) {
                long before = fetcher.receivedBytes() + random.nextInt(60_000);
                until("progress", () -> fetched.isDone() || fetcher.receivedBytes() > before);
                link.cut();
                TimeUnit.MILLISECONDS.sleep(random.nextInt(300));
                link.mend();
                total = fetcher.receivedBytes();
            }
            fetched.get(60, TimeUnit.SECONDS);
            assertTrue(total > 0);
            assertTrue(
                    server.sentBytes() < 2 * fetcher.receivedBytes(),
                    "it was not begun again: " + server.sentBytes() + " bytes sent, " + fetcher.receivedBytes()
                            + " received");
            assertInstalls(to);
        }
    }

    @Test
    void restartedReceiverResumesTheTransfer() throws Exception {
        StoreOptions to = receiver();
        try (Link link = new Link(temp.resolve("again"))) {
            // Or all of it might be there before the receiver is ended.
            link.serve(1, from, SLOW);
            long received = 0;
            long chunks = 0;
            for (int n = 0; n < 5; n++) {
                SnapshotFetcher fetcher = link.receiver(to);
                CompletableFuture<Fetched> fetched = fetchAside(fetcher);
                until("progress", () -> fetched.isDone() || fetcher.receivedBytes() > 40_000);
                fetcher.close();
                ExecutionException broken =
                        assertThrows(ExecutionException.class, () -> fetched.get(30, TimeUnit.SECONDS), "round " + n);
                assertInstanceOf(InterruptedException.class, broken.getCause());
                received += fetcher.receivedBytes();
                long loaded = StagedState.look(to).orElseThrow().chunks();
                assertTrue(loaded >= chunks, "what was loaded stays: " + loaded + " after " + chunks);
                chunks = loaded;
            }
            assertTrue(chunks > 0);
            try (SnapshotFetcher last = link.receiver(to)) {
                Link.fetch(last, 1);
                assertTrue(last.receivedBytes() > 0);
                System.out.println(chunks + " chunks loaded in 5 runs; " + received + " bytes in them, "
                        + last.receivedBytes() + " in the last");
            }
            assertInstalls(to);
        }
    }

    @Test
    void completeSnapshotNeedsNoSource() throws Exception {
        StoreOptions to = receiver();
        try (Link link = new Link(temp.resolve("done"))) {
            link.serve(1, from);
            Fetched fetched = Link.fetch(link.receiver(to), 1);
            try (SnapshotFetcher alone = new SnapshotFetcher(to, Link.OPTIONS, (member, frame) -> false, List::of)) {
                assertEquals(fetched, Link.fetch(alone, MODEL.index()));
            }
            assertInstalls(to);
        }
    }

    @Test
    void aDamagedChunkIsAskedForAgain() throws Exception {
        StoreOptions to = receiver();
        AtomicInteger damaged = new AtomicInteger();
        try (Link link = new Link(temp.resolve("damaged"))) {
            link.serve(1, from);
            link.onResponse = frame -> Reply.decode(frame.payload()) instanceof Reply.Piece piece
                            && piece.chunk().number() % 7 == 3
                            && damaged.getAndIncrement() % 2 == 0
                    ? flip(frame)
                    : frame;
            Link.fetch(link.receiver(to), 1);
            assertTrue(damaged.get() >= 2);
            assertInstalls(to);
        }
    }

    private static Frame.SnapshotResponse flip(Frame.SnapshotResponse frame) {
        byte[] payload = frame.payload().clone();
        payload[payload.length - 1] ^= 4;
        return new Frame.SnapshotResponse(frame.id(), payload);
    }

    @Test
    void aSourceThatOnlySendsDamageIsLeftForAnother() throws Exception {
        StoreOptions to = receiver();
        try (Link link = new Link(temp.resolve("broken"))) {
            link.serve(1, from);
            long[] bad = new long[1];
            link.onResponse = frame -> {
                if (bad[0] == 0) {
                    bad[0] = frame.id();
                }
                return frame.id() == bad[0]
                                && Reply.decode(frame.payload()) instanceof Reply.Piece piece
                                && piece.chunk().number() == 5
                        ? flip(frame)
                        : frame;
            };
            link.serve(2, from);
            Link.fetch(link.receiver(to), 1);
            assertInstalls(to);
        }
    }

    /** Another program changed the rows of one source: its hash is that of the log, but not that of its rows. */
    @Test
    void rowsThatAreNotThoseOfTheHashAreRejected() throws Exception {
        StoreOptions changed = receiver();
        StoreOptions to = receiver();
        try (Link link = new Link(temp.resolve("changed"))) {
            link.serve(1, from);
            Link.fetch(link.receiver(changed), 1);
            StagedSnapshot.install(changed, 0xC1, 0xC);
        }
        SnapshotStores.execute(
                changed,
                "UPDATE raftgres.kv_short SET value = 'x' WHERE key = (SELECT min(key) FROM" + " raftgres.kv_short)");
        try (Link link = new Link(temp.resolve("changed"))) {
            SnapshotServer liar = link.serve(1, changed);
            SnapshotServer honest = link.serve(2, from);
            Link.fetch(link.receiver(to), 1);
            assertEquals(1, liar.sent());
            assertEquals(1, honest.sent());
            assertInstalls(to);
        }
    }

    @Test
    void aSourceThatIsBehindOrHasNoSpaceSaysSo() throws Exception {
        StoreOptions behind = receiver();
        StoreOptions to = receiver();
        try (Store store = Store.open(behind);
                Link link = new Link(temp.resolve("behind"))) {
            store.bind(0xC1, 0xD);
            SnapshotOptions standard = Link.OPTIONS;
            SnapshotServer one = link.serve(1, behind);
            SnapshotServer two = link.serve(
                    2, from, new SnapshotOptions(0, standard.chunkBytes(), 4, 60_000, 100, 200, 3_000, 1L << 60));
            SnapshotServer three = link.serve(3, from);
            Link.fetch(link.receiver(to), MODEL.index());
            assertEquals(0, one.sent());
            assertEquals(0, two.sent());
            assertEquals(1, three.sent());
            assertEquals(List.of(), link.spools(1));
            assertEquals(List.of(), link.spools(2));
            assertEquals(1, link.spools(3).size());
            assertInstalls(to);
        }
    }

    @Test
    void missingSpoolIsCreatedAgain() throws Exception {
        StoreOptions to = receiver();
        try (Link link = new Link(temp.resolve("gone"))) {
            SnapshotServer first = link.serve(1, from);
            SnapshotFetcher fetcher = link.receiver(to);
            CompletableFuture<Fetched> fetched = fetchAside(fetcher);
            until("progress", () -> fetcher.receivedBytes() > 40_000);
            link.cut();
            first.close();
            assertEquals(List.of(), link.spools(1));
            Path leftOver = Files.writeString(link.directory(1).resolve("9.spool"), "of a crash");
            link.serve(1, from);
            assertTrue(Files.notExists(leftOver));
            link.mend();
            fetched.get(60, TimeUnit.SECONDS);
            assertInstalls(to);
        }
    }

    @Test
    void anIdleSpoolIsRemoved() throws Exception {
        StoreOptions to = receiver();
        SnapshotOptions standard = Link.OPTIONS;
        try (Link link = new Link(temp.resolve("idle"))) {
            link.serve(1, from, new SnapshotOptions(0, standard.chunkBytes(), 4, 500, 100, 200, 3_000, 0));
            Link.fetch(link.receiver(to), 1);
            until("removal", () -> {
                try {
                    return link.spools(1).isEmpty();
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            assertInstalls(to);
        }
    }

    @Test
    void theThrottleHolds() throws Exception {
        StoreOptions to = receiver();
        try (Link link = new Link(temp.resolve("slow"))) {
            link.serve(1, from, SLOW);
            long start = System.nanoTime();
            SnapshotFetcher fetcher = link.receiver(to, SLOW, () -> List.of(1L));
            Link.fetch(fetcher, 1);
            double seconds = (System.nanoTime() - start) / 1e9;
            assertTrue(
                    fetcher.receivedBytes() / seconds < 220_000 + 20_000 / seconds,
                    fetcher.receivedBytes() + " bytes in " + seconds + " s");
            assertInstalls(to);
        }
    }
}
