package io.raftgres.node.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.SnapshotStores;
import io.raftgres.node.store.SnapshotStores.Modelled;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.node.store.sql.StoreOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** All processes of PostgreSQL are killed at any moment of a snapshot, on either side. */
@Tag("long")
@Timeout(300)
class SnapshotCrashTest {

    private static final long SEED = 20_271;

    @TempDir
    Path temp;

    private EmbeddedPostgres one;
    private EmbeddedPostgres two;
    private StoreOptions from;
    private StoreOptions to;
    private Store source;
    private final Modelled model = new Modelled(51, 100);

    @BeforeEach
    void start() throws Exception {
        one = TestPostgres.start(Files.createDirectory(temp.resolve("one")));
        two = TestPostgres.start(Files.createDirectory(temp.resolve("two")));
        from = SnapshotStores.options(one, 50);
        to = SnapshotStores.options(two, 50);
        source = Store.open(from);
        source.bind(0xC1, 0xA, SnapshotStores.MEMBERS);
        model.write(source, 60);
        model.put(source, 500, 1_000);
        until("flushed", () -> source.flushedIndex() == model.index());
    }

    @AfterEach
    void stop() {
        source.close();
        one.close();
        two.close();
    }

    private static void until(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "no " + what + " within 60 s");
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private static void kill(EmbeddedPostgres postgres) throws InterruptedException {
        long victim = postgres.pid();
        ProcessHandle postmaster = ProcessHandle.of(victim).orElseThrow();
        List<ProcessHandle> all = new ArrayList<>(postmaster.descendants().toList());
        all.addFirst(postmaster);
        all.forEach(ProcessHandle::destroyForcibly);
        until("another server", () -> postgres.pid() != victim && postgres.state() == EmbeddedPostgres.State.READY);
    }

    private static CompletableFuture<Fetched> fetchAside(SnapshotFetcher fetcher) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return Link.fetch(fetcher, 1);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private void assertInstalled() throws Exception {
        assertEquals(SnapshotStores.contents(from), SnapshotStores.contents(to));
        try (Store store = Store.open(to)) {
            store.bind(0xC1, 0xB);
            model.assertSame(store);
        }
    }

    @Test
    void theReceiversServerIsKilledWhileItLoads() throws Exception {
        Random random = new Random(SEED);
        SnapshotOptions slow = new SnapshotOptions(500_000, 4_096, 4, 60_000, 100, 200, 3_000, 0);
        try (Link link = new Link(temp)) {
            SnapshotServer server = link.serve(1, from, slow);
            SnapshotFetcher fetcher = link.receiver(to, slow, () -> List.of(1L));
            CompletableFuture<Fetched> fetched = fetchAside(fetcher);
            int kills = 0;
            while (kills < 4 && !fetched.isDone()) {
                long before = fetcher.receivedBytes() + random.nextInt(60_000);
                until("progress", () -> fetched.isDone() || fetcher.receivedBytes() > before);
                kill(two);
                kills++;
            }
            fetched.get(120, TimeUnit.SECONDS);
            System.out.println("seed " + SEED + ": " + kills + " kills, " + server.sentBytes() + " bytes sent");
            assertTrue(kills >= 3);
            StagedSnapshot.install(to, 0xC1, 0xB);
            assertInstalled();
        }
    }

    @Test
    void theSourcesServerIsKilledWhileItGives() throws Exception {
        SnapshotOptions slow = new SnapshotOptions(200_000, 4_096, 4, 60_000, 100, 200, 3_000, 0);
        try (Link link = new Link(temp)) {
            link.serve(1, from, slow);
            SnapshotFetcher fetcher = link.receiver(to, slow, () -> List.of(1L));
            CompletableFuture<Fetched> fetched = fetchAside(fetcher);
            for (int n = 0; n < 2; n++) {
                long before = fetcher.receivedBytes();
                until("progress", () -> fetched.isDone() || fetcher.receivedBytes() > before + 50_000);
                kill(one);
            }
            fetched.get(120, TimeUnit.SECONDS);
            StagedSnapshot.install(to, 0xC1, 0xB);
            assertInstalled();
        }
    }

    /** Killed before, within or after the transaction that swaps: one of the two states is there, whole. */
    @Test
    void theServerIsKilledWhileItInstalls() throws Exception {
        Random random = new Random(SEED);
        int before = 0;
        int after = 0;
        // How long an install takes is the machine's matter: the kills find it out.
        long mostMicros = 100_000;
        try (Link link = new Link(temp)) {
            link.serve(1, from);
            try (Store live = Store.open(to)) {
                live.bind(0xC1, 0xB);
                new Modelled(52, 40).write(live, 30);
            }
            Map<String, String> old = SnapshotStores.contents(to);
            for (int round = 0; round < 40 && (round < 4 || before == 0 || after == 0); round++) {
                try (SnapshotFetcher fetcher = link.receiver(to)) {
                    Link.fetch(fetcher, 1);
                }
                long wait = random.nextLong(mostMicros);
                CompletableFuture<Void> killed = CompletableFuture.runAsync(() -> {
                    try {
                        TimeUnit.MICROSECONDS.sleep(wait);
                        kill(two);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
                boolean returned = install();
                killed.get(60, TimeUnit.SECONDS);
                Optional<SnapshotManifest> left = complete();
                if (left.isPresent()) {
                    assertTrue(!returned, "what was installed is durable");
                    assertEquals(old, SnapshotStores.contents(to));
                    before++;
                    mostMicros *= 2;
                    StagedSnapshot.install(to, 0xC1, 0xB);
                } else {
                    after++;
                    mostMicros = Math.max(100, mostMicros / 2);
                }
                StagedSnapshot.cleanUp(to);
                assertInstalled();
                assertEquals(
                        "raftgres",
                        SnapshotStores.ask(to, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'raftgres%'"));
                old = SnapshotStores.contents(to);
            }
        }
        System.out.println("seed " + SEED + ": killed " + before + " times before the swap, " + after + " after");
        assertTrue(before >= 1 && after >= 1, before + " before, " + after + " after");
    }

    private boolean install() {
        try {
            StagedSnapshot.install(to, 0xC1, 0xB);
            return true;
        } catch (StoreUnavailableException e) {
            return false;
        }
    }

    private Optional<SnapshotManifest> complete() throws InterruptedException {
        return StagedSnapshot.complete(to);
    }

    /** Every page of the live rows is damaged; the snapshot comes, and takes their place. */
    @Test
    void snapshotReplacesDamagedData() throws Exception {
        try (Store live = Store.open(to)) {
            live.bind(0xC1, 0xB);
            new Modelled(53, 40).write(live, 60);
        }
        SnapshotStores.execute(to, "CHECKPOINT");
        List<String> files = SnapshotStores.list(
                to,
                "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relnamespace"
                        + " = 'raftgres'::regnamespace AND relkind IN ('r', 'i') AND relname <> 'state'");
        long victim = two.pid();
        ProcessHandle.of(victim).orElseThrow().destroyForcibly();
        for (String file : files) {
            Path path = temp.resolve("two").resolve("pg").resolve(file);
            byte[] bytes = Files.readAllBytes(path);
            Arrays.fill(bytes, (byte) 0x5A);
            Files.write(path, bytes);
        }
        until("another server", () -> two.pid() != victim && two.state() == EmbeddedPostgres.State.READY);
        assertThrows(StoreDamagedException.class, () -> {
            try (Store live = Store.open(to)) {
                live.scrub();
            }
        });
        try (Link link = new Link(temp)) {
            link.serve(1, from);
            Link.fetch(link.receiver(to), 1);
            StagedSnapshot.install(to, 0xC1, 0xB);
            assertInstalled();
        }
    }

    /** A program has dropped the whole live schema. */
    @Test
    void snapshotFillsAnEmptyDatabase() throws Exception {
        Store.open(to).close();
        SnapshotStores.execute(to, "DROP SCHEMA raftgres CASCADE");
        try (Link link = new Link(temp)) {
            link.serve(1, from);
            Link.fetch(link.receiver(to), 1);
            StagedSnapshot.install(to, 0xC1, 0xB);
            assertInstalled();
        }
    }
}
