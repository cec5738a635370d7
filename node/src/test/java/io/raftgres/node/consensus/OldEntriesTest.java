package io.raftgres.node.consensus;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.config.TestConfig;
import io.raftgres.node.kv.AuthCommand;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.RequestCodec;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Entries that older builds accepted and that permanently stopped every member which applied them. A log with such
 * entries is now applied and stored, with the entries after them.
 */
@Timeout(180)
class OldEntriesTest {

    private static final Member SELF = new Member(1, "node1", true, "127.0.0.1:9081", "http://127.0.0.1:8081");

    @TempDir
    Path directory;

    private final NodeConfig config = TestConfig.config("NAME", "node1");
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final List<Entry> log = new ArrayList<>();
    private EmbeddedPostgres postgres;

    @BeforeEach
    void start() throws Exception {
        postgres = TestPostgres.start(directory);
    }

    @AfterEach
    void stop() {
        postgres.close();
    }

    private void add(Op... ops) {
        log.add(new Entry(
                log.size() + 1,
                1,
                Entry.Kind.COMMAND,
                RequestCodec.encode(new Request(null, List.of(), List.of(ops), List.of()))));
    }

    private void add(Membership membership) {
        log.add(new Entry(log.size() + 1, 1, Entry.Kind.MEMBERSHIP, membership.encode()));
    }

    private static Op put(String key) {
        return new Op.Put(Key.of(key), key.getBytes(), 0, false);
    }

    private static Op get(String key, long limit) {
        return new Op.Get(KeyRange.single(Key.of(key)), Selection.of(limit, 0, false));
    }

    private interface Use {
        void of(Replica replica, Store store) throws Exception;
    }

    /** One run of a node: it applies the entries of its log that its PostgreSQL lacks. */
    private void live(Use use) throws Exception {
        StoreOptions options = StoreOptions.of(postgres.jdbcUrl(), postgres.user(), postgres.password());
        try (Store store = Store.open(options)) {
            store.bind(1, SELF.id(), Membership.of(List.of(SELF)));
            long applied = store.state().appliedIndex();
            try (Replica replica = new Replica(
                    config,
                    NodeMemory.ofThisProcess(),
                    store,
                    store.state(),
                    applied,
                    () -> Long.MAX_VALUE,
                    () -> {},
                    index -> {},
                    () -> {},
                    failures::add)) {
                replica.start();
                replica.applier().committed(log.subList((int) applied, log.size()));
                await(() -> replica.storeWriter().storedIndex() == log.size() || !failures.isEmpty());
                assertEquals(List.of(), failures);
                use.of(replica, store);
            }
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(120).toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "not within 120 s");
            Thread.sleep(5);
        }
    }

    private static void assertIsThere(Store store, String key) {
        Key wanted = Key.of(key);
        assertArrayEquals(key.getBytes(), store.get(List.of(wanted)).get(wanted).value());
    }

    @Test
    void limitsAsLargeAsANumberCanBe() throws Exception {
        add(put("a"), get("a", Long.MAX_VALUE), get("a", Integer.MAX_VALUE), get("a", -1), get("a", Long.MIN_VALUE));
        add(put("after"));
        live((replica, store) -> {
            assertIsThere(store, "a");
            assertIsThere(store, "after");
        });
        add(put("in the next life"));
        live((replica, store) -> assertIsThere(store, "in the next life"));
    }

    @Test
    void namesOfUsersAndRolesThatNoIndexCanHold() throws Exception {
        byte[] random = new byte[1 << 19];
        new Random(1).nextBytes(random);
        String name = HexFormat.of().formatHex(random);
        add(new Op.Auth(new AuthCommand.AddRole(name)));
        add(new Op.Auth(new AuthCommand.AddUser(name.substring(0, 8 << 10), true, random)));
        add(new Op.Auth(new AuthCommand.AddUser("a\0b", false, new byte[0])));
        add(new Op.Auth(new AuthCommand.GrantRole("a\0b", name)));
        add(put("after"));
        live((replica, store) -> assertIsThere(store, "after"));
        live((replica, store) -> {
            assertEquals(
                    List.of(name), replica.auth().state().users().get("a\0b").roles());
            assertTrue(replica.auth().state().users().containsKey(name.substring(0, 8 << 10)));
        });
        add(new Op.Auth(new AuthCommand.DeleteRole(name)));
        live((replica, store) -> assertEquals(
                2,
                store.auth().stream().filter(each -> each.name().length() > 2).count(),
                "one of the users with a name, and the other"));
        live((replica, store) -> assertEquals(Map.of(), replica.auth().state().roles()));
    }

    @Test
    void addressesThatNoTextCanHold() throws Exception {
        add(Membership.of(List.of(
                SELF,
                new Member(2, "n2", false, "h\0:1", "http://h\0"),
                new Member(3, "n3", false, "\uD800:1", "http://\uDC00"),
                new Member(4, "n4", false, "^:1", "http://^"))));
        add(put("after"));
        live((replica, store) -> {
            assertIsThere(store, "after");
            Membership kept = store.membership();
            assertEquals(SELF, kept.member(1).orElseThrow());
            assertEquals(
                    new Member(2, "n2", false, "h\uFFFD:1", "http://h\uFFFD"),
                    kept.member(2).orElseThrow());
            assertEquals(
                    new Member(3, "n3", false, "\uFFFD:1", "http://\uFFFD"),
                    kept.member(3).orElseThrow());
            assertEquals(
                    new Member(4, "n4", false, "^:1", "http://^"),
                    kept.member(4).orElseThrow());
        });
        add(Membership.of(List.of(SELF)));
        live((replica, store) -> assertEquals(List.of(SELF), store.membership().members()));
    }
}
