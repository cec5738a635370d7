package io.raftgres.node.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.SnapshotStores;
import io.raftgres.node.store.SnapshotStores.Modelled;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** After a snapshot a member has all that another has: rows, history, tokens, members, and all that SQL shows. */
@Timeout(180)
class SnapshotTest {

    @TempDir
    static Path temp;

    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void startPostgres() throws Exception {
        postgres = TestPostgres.start(temp);
    }

    @AfterAll
    static void stopPostgres() {
        postgres.close();
    }

    private static void fetchAndInstall(Link link, StoreOptions to, long minIndex) throws InterruptedException {
        try (SnapshotFetcher fetcher = link.receiver(to)) {
            Fetched fetched = Link.fetch(fetcher, minIndex);
            SnapshotManifest complete = StagedSnapshot.complete(to).orElseThrow();
            assertEquals(fetched, Fetched.of(complete));
            StagedSnapshot.install(to, 0xC1, 0xB);
            assertTrue(StagedSnapshot.complete(to).isEmpty());
        }
    }

    /** A leader with more entries may be lost permanently, and its successor may accept what the others have. */
    @Test
    void fetchAcceptsTheLowerIndexOfALaterLeader() throws Exception {
        StoreOptions from = SnapshotStores.fresh(postgres, "less_from");
        StoreOptions to = SnapshotStores.fresh(postgres, "less_to");
        Modelled model = new Modelled(36, 20);
        try (Link link = new Link(temp.resolve("less"));
                Store source = Store.open(from);
                SnapshotFetcher fetcher = link.receiver(to)) {
            source.bind(0xC1, 0xA, SnapshotStores.MEMBERS);
            model.write(source, 20);
            Semaphore refused = new Semaphore(0);
            link.onResponse = response -> {
                refused.release();
                return response;
            };
            link.serve(1, from);
            CompletableFuture<Fetched> fetched = new CompletableFuture<>();
            Thread thread = Thread.startVirtualThread(() -> {
                try {
                    fetched.complete(Link.fetch(fetcher, model.index() + 1));
                } catch (InterruptedException | RuntimeException e) {
                    fetched.completeExceptionally(e);
                }
            });
            assertTrue(refused.tryAcquire(60, TimeUnit.SECONDS));
            assertFalse(fetched.isDone());
            fetcher.need(model.index());
            assertEquals(model.index(), fetched.get(60, TimeUnit.SECONDS).index());
            thread.join();
        }
    }

    private static void assertOwned(StoreOptions options, long index, long term) throws Exception {
        try (Store store = Store.open(options)) {
            store.bind(0xC1, 0xB);
            assertThrows(IllegalStateException.class, () -> store.bind(0xC1, 0xA));
            StoreState state = store.state();
            assertEquals(index, state.snapshotIndex());
            assertEquals(term, state.snapshotTerm());
        }
        assertEquals(
                "raftgres",
                SnapshotStores.ask(options, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'raftgres%'"),
                "nothing is left over");
    }

    @Test
    void snapshotCarriesEverything() throws Exception {
        StoreOptions from = SnapshotStores.fresh(postgres, "all_from");
        StoreOptions to = SnapshotStores.fresh(postgres, "all_to");
        Modelled model = new Modelled(31, 80);
        try (Link link = new Link(temp.resolve("all"));
                Store source = Store.open(from)) {
            source.bind(0xC1, 0xA, SnapshotStores.MEMBERS);
            model.write(source, 80);
            link.serve(1, from);
            fetchAndInstall(link, to, model.index());
            assertOwned(to, model.index(), source.state().appliedTerm());
            Map<String, String> there = SnapshotStores.contents(from);
            assertTrue(there.size() > 8, "history in several partitions: " + there.keySet());
            assertEquals(there, SnapshotStores.contents(to));
            assertEquals(SnapshotStores.structure(from), SnapshotStores.structure(to));
            try (Store receiver = Store.open(to)) {
                assertEquals(SnapshotStores.MEMBERS, receiver.membership());
                model.assertSame(receiver);
                // Both continue from there in the same way.
                for (int n = 0; n < 40; n++) {
                    var batch = model.next();
                    source.write(batch);
                    receiver.write(batch);
                }
                model.assertSame(receiver);
                assertEquals(model.index(), receiver.state().appliedIndex());
                assertTrue(receiver.state().snapshotIndex() > 0, "where it began stays known");
            }
            assertEquals(SnapshotStores.contents(from), SnapshotStores.contents(to));
            assertTrue(StagedSnapshot.complete(to).isEmpty());
        }
    }

    @Test
    void viewsReadTheInstalledStateAsBefore() throws Exception {
        StoreOptions from = SnapshotStores.fresh(postgres, "people_from");
        // The reader may only connect to the server's own database.
        StoreOptions to = SnapshotStores.options(postgres, 50);
        Modelled model = new Modelled(32, 40);
        try (Link link = new Link(temp.resolve("people"));
                Store source = Store.open(from)) {
            source.bind(0xC1, 0xA, SnapshotStores.MEMBERS);
            model.write(source, 60);
            link.serve(1, from);
            fetchAndInstall(link, to, 1);
            assertEquals(Integer.toString(model.rows().size()), SnapshotStores.read(to, "SELECT count(*) FROM kv"));
            assertEquals(Long.toString(model.revision()), SnapshotStores.read(to, "SELECT revision FROM status"));
            assertEquals("b", SnapshotStores.read(to, "SELECT member_id FROM status"));
            for (long revision = 2; revision < model.revision(); revision += 7) {
                assertEquals(
                        Integer.toString(model.rowsAt(revision)),
                        SnapshotStores.read(to, "SELECT count(*) FROM kv_at(" + revision + ")"));
            }
            assertEquals(Long.toString(model.revision()), SnapshotStores.read(to, "SELECT wait_for(2)"));
            assertEquals(
                    SnapshotStores.ask(from, "SELECT count(*) FROM raftgres.kv_text"),
                    SnapshotStores.read(to, "SELECT count(*) FROM kv_text"));
            assertEquals(
                    "node1\nnode2",
                    SnapshotStores.read(to, "SELECT name FROM members WHERE NOT removed ORDER BY name"));
            assertEquals(
                    "t",
                    SnapshotStores.read(
                            to,
                            "SELECT bool_and(has_table_privilege(inhrelid, 'SELECT'))"
                                    + " FROM pg_inherits WHERE inhparent = 'kv_history'::regclass"));
        }
    }

    @Test
    void anEmptyStoreIsASnapshotToo() throws Exception {
        StoreOptions from = SnapshotStores.fresh(postgres, "empty_from");
        StoreOptions to = SnapshotStores.fresh(postgres, "empty_to");
        try (Link link = new Link(temp.resolve("empty"));
                Store source = Store.open(from)) {
            source.bind(0xC1, 0xA);
            link.serve(1, from);
            fetchAndInstall(link, to, 0);
            assertOwned(to, 0, 0);
            assertEquals(SnapshotStores.contents(from), SnapshotStores.contents(to));
            assertEquals(SnapshotStores.structure(from), SnapshotStores.structure(to));
        }
    }

    @Test
    void largeRowsTravelInPieces() throws Exception {
        StoreOptions from = SnapshotStores.fresh(postgres, "large_from");
        StoreOptions to = SnapshotStores.fresh(postgres, "large_to");
        Modelled model = new Modelled(33, 20);
        try (Link link = new Link(temp.resolve("large"));
                Store source = Store.open(from)) {
            source.bind(0xC1, 0xA);
            model.put(source, 3, 5 << 20);
            model.put(source, 2, 1_000);
            model.write(source, 10);
            link.serve(1, from);
            fetchAndInstall(link, to, model.index());
            assertEquals(SnapshotStores.contents(from), SnapshotStores.contents(to));
            try (Store receiver = Store.open(to)) {
                model.assertSame(receiver);
            }
        }
    }

    @Test
    void snapshotReplacesTheExistingState() throws Exception {
        StoreOptions from = SnapshotStores.fresh(postgres, "twice_from");
        StoreOptions to = SnapshotStores.fresh(postgres, "twice_to");
        Modelled model = new Modelled(34, 50);
        try (Store before = Store.open(to)) {
            before.bind(0xC1, 0xB);
            new Modelled(35, 30).write(before, 40);
        }
        try (Link link = new Link(temp.resolve("twice"));
                Store source = Store.open(from)) {
            source.bind(0xC1, 0xA);
            SnapshotServer server = link.serve(1, from);
            for (int round = 1; round <= 2; round++) {
                model.write(source, 30);
                Membership members = SnapshotStores.MEMBERS.with(
                        new Member(100 + round, "new" + round, false, "host:1", "http://host:2"));
                model.members(source, members);
                fetchAndInstall(link, to, model.index());
                assertOwned(to, model.index(), source.state().appliedTerm());
                assertEquals(SnapshotStores.contents(from), SnapshotStores.contents(to));
                try (Store receiver = Store.open(to)) {
                    model.assertSame(receiver);
                    assertEquals(members, receiver.membership());
                    assertEquals(1, receiver.state().clusterVersion());
                }
                assertEquals(round, server.sent());
            }
        }
    }

    @Test
    void nothingIncompleteIsInstalled() throws Exception {
        StoreOptions options = SnapshotStores.fresh(postgres, "incomplete");
        assertTrue(StagedSnapshot.complete(options).isEmpty());
        assertThrows(IllegalStateException.class, () -> StagedSnapshot.install(options, 1, 1));
        StagedSnapshot.cleanUp(options);
        StagedSnapshot.discard(options);
        try (Store store = Store.open(options)) {
            store.bind(1, 1);
        }
        SnapshotManifest manifest = new SnapshotManifest(
                7, 1, new StoreState(9, 1, 5, 0, 0, 0), new Membership(List.of(), Set.of()), List.of());
        try (var writer = io.raftgres.node.store.staging.StagingWriter.open(options)) {
            writer.begin(manifest.encode(), manifest.history());
        }
        assertTrue(StagedSnapshot.complete(options).isEmpty());
        assertThrows(IllegalStateException.class, () -> StagedSnapshot.install(options, 1, 1));
        try (Store store = Store.open(options)) {
            store.bind(1, 1);
            assertEquals(0, store.state().appliedIndex());
        }
        StagedSnapshot.discard(options);
        assertFalse(
                SnapshotStores.ask(options, "SELECT nspname FROM pg_namespace").contains("staging"));
    }
}
