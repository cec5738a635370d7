package io.raftgres.node.consensus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.AuthStore;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Compare;
import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.KeyValueMachine;
import io.raftgres.node.kv.Leases;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.RequestCodec;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowCache;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.service.watch.StoreHistory;
import io.raftgres.node.service.watch.WatchCursor;
import io.raftgres.node.service.watch.WatchHub;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.query.RangeSink;
import io.raftgres.node.store.schema.Scrub;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.raft.Entry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The state machine and its PostgreSQL with ranges several times as large as the heap. Runs in its own process, which
 * ends at an OutOfMemoryError.
 */
@Timeout(600)
class LargeRangesTest {

    private static final int VALUE_BYTES = 1 << 20;
    private static final int VALUES = 250;

    /** Up to 64 MiB may wait for PostgreSQL, and some copies of that. */
    private static final String HEAP = "-Xmx160m";

    @TempDir
    Path directory;

    /** Runs twice: a node that starts with a log that has the deletes does the same. */
    @Test
    void rangesThatDoNotFitIntoMemoryAreComparedReadAndDeleted() throws Exception {
        try (EmbeddedPostgres postgres = TestPostgres.start(directory)) {
            String[] how = {postgres.jdbcUrl(), postgres.user(), postgres.password()};
            run("fill", "-Xmx512m", how);
            run("refuse", HEAP, how);
            run("delete", HEAP, how);
            run("check", HEAP, how);
        }
    }

    private static void run(String what, String heap, String[] postgres) throws Exception {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        heap,
                        "-XX:+ExitOnOutOfMemoryError",
                        "-ea",
                        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        LargeRangesTest.class.getName(),
                        what,
                        postgres[0],
                        postgres[1],
                        postgres[2])
                .inheritIO()
                .start();
        try {
            assertTrue(process.waitFor(300, TimeUnit.SECONDS), what + " has not ended");
            assertEquals(0, process.exitValue(), what);
        } finally {
            process.destroyForcibly();
        }
    }

    /** @param args what to do, and PostgreSQL's URL, user and password */
    public static void main(String[] args) throws Exception {
        try (Store store = Store.open(StoreOptions.of(args[1], args[2], args[3]));
                Machine machine = new Machine(store)) {
            switch (args[0]) {
                case "fill" -> machine.fill();
                case "refuse" -> machine.refuse();
                case "delete" -> machine.delete();
                case "check" -> machine.check();
                default -> throw new IllegalArgumentException(args[0]);
            }
        }
        System.exit(0);
    }

    private static final class Machine implements AutoCloseable {
        private static final KeyRange LARGE = KeyRange.prefix(Key.of("p/"));
        private static final long LEASE = 7;

        private final Store store;
        private final StoreWriter writer;
        private final EventRing ring;
        private final Applier applier;
        private final BlockingQueue<String> reported = new LinkedBlockingQueue<>();
        private long index;

        Machine(Store store) {
            this.store = store;
            store.bind(1, 1);
            StoreState stored = store.state();
            index = stored.appliedIndex();
            MachineState state = stored.toMachine();
            writer = new StoreWriter("test", store, state, 64 << 20, () -> Long.MAX_VALUE, () -> {}, Machine::fail);
            ring = new EventRing(state.revision(), 1 << 20);
            RowCache cache = new RowCache(1 << 20);
            Leases leases = new Leases();
            leases.load(store.leases());
            KeyValueMachine machine = new KeyValueMachine(state, cache, store, leases, new AuthStore(AuthState.EMPTY));
            applier = new Applier(
                    "test", machine, cache, ring, writer, new Checkpoints(), applied -> {}, () -> {}, Machine::fail);
            writer.start();
            applier.start();
        }

        private static void fail(Throwable why) {
            why.printStackTrace();
            Runtime.getRuntime().halt(1);
        }

        private String apply(Op... ops) throws InterruptedException {
            return apply(List.of(), ops);
        }

        /** @return outcome of the process */
        private String apply(List<Compare> compares, Op... ops) throws InterruptedException {
            byte[] data = RequestCodec.encode(new Request(null, compares, List.of(ops), List.of()));
            index++;
            applier.proposed(index, 1, List.of(new RecordedWrite()));
            applier.committed(List.of(new Entry(index, 1, Entry.Kind.COMMAND, data)));
            return reported.poll(240, TimeUnit.SECONDS);
        }

        private static Key key(int i) {
            // Some in the table of long keys.
            return Key.of("p/" + (i % 10 == 0 ? "l".repeat(3_000) : "s") + String.format("%06d", i));
        }

        void fill() throws InterruptedException {
            Random random = new Random(1);
            apply(new Op.Grant(LEASE, 1_000));
            for (int i = 0; i < VALUES; i++) {
                byte[] value = new byte[VALUE_BYTES];
                random.nextBytes(value);
                apply(new Op.Put(key(i), value, i % 2 == 0 ? LEASE : 0, false));
            }
            apply(new Op.Put(Key.of("q"), new byte[100], 0, false));
            store();
        }

        /** None of these requests changes anything, and each gets the reason. */
        void refuse() throws InterruptedException {
            long revision = store.state().revision();
            refused(apply(new Op.Delete(LARGE, true)));
            refused(apply(new Op.Put(Key.of("a"), new byte[1], 0, false), new Op.Get(LARGE, 0, false)));
            refused(apply(new Op.Put(key(1), new byte[1], 0, false), new Op.Get(LARGE, 0, false)));
            refused(apply(
                    new Op.Put(key(1), new byte[1], 0, false),
                    new Op.Get(
                            LARGE,
                            new Selection(0, 1, false, false, Selection.Target.VALUE, false, Selection.Filter.NONE))));
            Compare differs = new Compare(LARGE, Compare.Target.VALUE, Compare.Relation.EQUAL, 0, new byte[1]);
            same("applied false []", apply(List.of(differs), new Op.Delete(LARGE, false)));
            Compare tooMuch = new Compare(LARGE, Compare.Target.VALUE, Compare.Relation.NOT_EQUAL, 0, new byte[1]);
            String compared = apply(List.of(tooMuch), new Op.Delete(LARGE, false));
            same(true, compared.contains("looks at more than"));
            store();
            same(revision, store.state().revision());
        }

        void delete() throws InterruptedException {
            Compare holds = new Compare(LARGE, Compare.Target.VERSION, Compare.Relation.EQUAL, 1, null);
            same(
                    "applied true [put, got 1 of " + (VALUES + 1) + "]",
                    apply(
                            List.of(holds),
                            new Op.Put(Key.of("p/a"), new byte[1], 0, false),
                            new Op.Get(LARGE, 1, false)));
            same("applied true [deleted 1]", apply(new Op.Delete(KeyRange.single(Key.of("p/a")), false)));
            same("applied true [revoked 1]", apply(new Op.Revoke(List.of(LEASE), 0)));
            same(
                    "applied true [deleted " + VALUES / 2 + ", put]",
                    apply(new Op.Delete(LARGE, false), new Op.Put(Key.of("r"), new byte[1], 0, false)));
            // At once: it is applied before PostgreSQL has moved a row, and written after it.
            same("applied true [put]", apply(new Op.Put(key(1), new byte[1], 0, false)));
            store();
        }

        /** The hashes agree, and a watch sees all deletes. */
        void check() throws InterruptedException {
            Scrub scrub = store.scrub();
            same(scrub.kept(), scrub.recomputed());
            same(3L, store.range(KeyRange.EVERYTHING, Selection.of(0, 0, true), true, new Nothing()));
            try (WatchHub hub = new WatchHub(ring, new StoreHistory(writer, store, Machine::fail), () -> 0)) {
                WatchCursor watch = new WatchCursor(hub::open, KeyRange.prefix(Key.of("p/")), 2);
                int deletes = 0;
                for (int seen = 0; seen < 2 * VALUES + 3; ) {
                    List<Change> changes = watch.next(Duration.ofSeconds(120));
                    same(false, changes.isEmpty());
                    seen += changes.size();
                    deletes += (int) changes.stream().filter(Change::isDelete).count();
                }
                same(VALUES + 1, deletes);
                watch.close();
            }
        }

        private void store() throws InterruptedException {
            writer.awaitStored(index);
        }

        private static void refused(String what) {
            same("refused RESPONSE_TOO_LARGE", what);
        }

        private static void same(Object expected, Object found) {
            if (!expected.equals(found)) {
                throw new AssertionError("expected " + expected + ", found " + found);
            }
        }

        @Override
        public void close() {
            writer.close();
            applier.close();
        }

        private final class RecordedWrite implements PendingWrite {
            @Override
            public byte[] data() {
                throw new IllegalStateException("proposed already");
            }

            @Override
            public void applied(ApplyResult result) {
                reported.add("applied " + result.succeeded() + " "
                        + result.results().stream().map(Machine::describe).toList());
            }

            @Override
            public void refused(ServiceException why) {
                reported.add(
                        "refused " + (why instanceof ServiceException.Rejected rejected ? rejected.reason() : why));
            }

            @Override
            public void notDone(NotDone why) {
                reported.add("not done");
            }

            @Override
            public void uncertain() {
                reported.add("uncertain");
            }
        }

        private static String describe(Op.Result result) {
            return switch (result) {
                case Op.Result.Put put -> "put";
                case Op.Result.Delete delete -> "deleted " + delete.deleted();
                case Op.Result.Get get -> "got " + get.rows().size() + " of " + get.count();
                case Op.Result.Revoke revoke -> "revoked " + revoke.revoked();
                default -> result.toString();
            };
        }
    }

    private static final class Nothing implements RangeSink {
        @Override
        public void revision(long current) {}

        @Override
        public boolean row(Row row) {
            return true;
        }
    }
}
