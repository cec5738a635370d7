package io.raftgres.node.service.read;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowHash;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.TestBatches;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.KvService.Consistency;
import io.raftgres.node.service.KvService.RangeEnd;
import io.raftgres.node.service.KvService.RangeQuery;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A slow client does not delay others, and still gets the rows of one revision. */
@Timeout(180)
class PostgresReadsTest {

    private static final int KEYS = 300;
    private static final int PLACES = 8;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final Random random = new Random(7);
    private final RowHash rowHash = new RowHash();
    private final TreeMap<Key, Row> rows = new TreeMap<>();
    private long index;
    private volatile long revision = 1;
    private long compacted;
    private long hash;
    private EmbeddedPostgres postgres;
    private Store store;
    private PostgresReads reads;

    @BeforeEach
    void start() throws Exception {
        postgres = TestPostgres.start(directory);
        store = Store.open(StoreOptions.of(postgres.jdbcUrl(), postgres.user(), postgres.password()));
        store.bind(1, 1);
        reads = new PostgresReads(
                new PostgresReads.Node() {
                    @Override
                    public void barrier(Duration timeout) {}

                    @Override
                    public boolean awaitRevision(long wanted, long nanos) {
                        return true;
                    }
                },
                PLACES,
                () -> new MachineState(index, 1, revision, 0, hash, 0, 0),
                (range, selection, counted, sink) -> store.range(range, selection, counted, sink),
                damaged -> {});
        write(3 * KEYS);
    }

    @AfterEach
    void close() {
        store.close();
        postgres.close();
    }

    /** That many revisions of one change each, some deletes. */
    private void write(int changes) {
        List<Change> made = new ArrayList<>();
        for (int i = 0; i < changes; i++) {
            revision++;
            Key key = Key.of((random.nextInt(20) == 0 ? "long".repeat(600) : "k") + random.nextInt(KEYS));
            Row before = rows.get(key);
            Row after = before != null && random.nextInt(3) == 0
                    ? null
                    : new Row(
                            key,
                            new byte[random.nextInt(100)],
                            before == null ? revision : before.createRevision(),
                            revision,
                            before == null ? 1 : before.version() + 1,
                            0);
            Change change = new Change(revision, before, after);
            rows.remove(key);
            if (after != null) {
                rows.put(key, after);
            } else if (before == null) {
                revision--;
                continue;
            }
            hash = rowHash.apply(hash, change);
            made.add(change);
        }
        store.write(TestBatches.of(++index, 1, revision, compacted, hash, index, List.copyOf(made), new byte[0], 0));
    }

    /** Has enough now and then, and never takes more at once. */
    private class Slow implements KvService.RangeConsumer {
        final List<Row> taken = new ArrayList<>();
        long header;
        int parts = 1;

        @Override
        public void header(long shown) {
            assertEquals(0, header, "sent twice");
            header = shown;
        }

        @Override
        public boolean row(Row row) {
            taken.add(row);
            return random.nextInt(40) != 0;
        }

        @Override
        public boolean awaitReady(long nanos) {
            if (nanos != Long.MAX_VALUE) {
                return false;
            }
            parts++;
            meanwhile();
            return true;
        }

        void meanwhile() {
            write(50);
        }
    }

    private static List<String> text(Iterable<Row> rows) {
        List<String> text = new ArrayList<>();
        rows.forEach(
                row -> text.add(row.key() + "@" + row.modRevision() + "/" + row.version() + "/" + row.value().length));
        return text;
    }

    @Test
    void allPartsShowTheRevisionOfTheFirst() {
        for (int limit : new int[] {0, 1, 50, KEYS / 2, 10 * KEYS}) {
            for (KeyRange range : List.of(
                    KeyRange.EVERYTHING, new KeyRange(Key.of("k1"), Key.of("k2")), KeyRange.single(Key.of("k7")))) {
                List<Row> expected = rows.values().stream()
                        .filter(row -> range.contains(row.key()))
                        .toList();
                long at = revision;
                Slow slow = new Slow();
                RangeEnd end = reads.range(
                        new RangeQuery(range, Selection.of(limit, 0, false), true, Consistency.LINEARIZABLE),
                        TIMEOUT,
                        slow);
                boolean cut = limit > 0 && expected.size() > limit;
                assertEquals(text(cut ? expected.subList(0, limit) : expected), text(slow.taken));
                assertEquals(at, slow.header);
                assertEquals(expected.size(), end.count());
                assertEquals(cut ? expected.get(limit).key() : null, end.next());
                assertTrue(range != KeyRange.EVERYTHING || limit == 1 || limit == 50 || slow.parts > 1, "one part");
            }
        }
    }

    @Test
    void concurrentCompactionFailsTheRead() {
        assertThrows(ServiceException.Compacted.class, () -> overtaken(revision));
        // It named no revision: it may ask again.
        assertThrows(ServiceException.Unavailable.class, () -> overtaken(0));
    }

    private void overtaken(long asked) {
        reads.range(
                new RangeQuery(KeyRange.EVERYTHING, Selection.of(0, asked, false), false, Consistency.LINEARIZABLE),
                TIMEOUT,
                new Slow() {
                    @Override
                    void meanwhile() {
                        write(1);
                        compacted = revision;
                        write(10);
                    }
                });
    }

    @Test
    void stalledReaderHoldsNoPlace() throws Exception {
        CountDownLatch stalled = new CountDownLatch(3 * PLACES);
        CountDownLatch over = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        RangeQuery all = new RangeQuery(KeyRange.EVERYTHING, Selection.ALL, false, Consistency.LINEARIZABLE);
        for (int i = 0; i < 3 * PLACES; i++) {
            threads.add(Thread.ofVirtual()
                    .start(() -> reads.range(all, TIMEOUT, new KvService.RangeConsumer() {
                        @Override
                        public void header(long shown) {}

                        @Override
                        public boolean row(Row row) {
                            return over.getCount() == 0;
                        }

                        @Override
                        public boolean awaitReady(long nanos) {
                            if (nanos != Long.MAX_VALUE) {
                                return false;
                            }
                            stalled.countDown();
                            try {
                                return over.await(2, TimeUnit.MINUTES);
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        }
                    })));
        }
        assertTrue(stalled.await(60, TimeUnit.SECONDS), "not all got a place while others wait for their clients");
        List<Row> taken = new ArrayList<>();
        reads.range(all, TIMEOUT, new KvService.RangeConsumer() {
            @Override
            public void header(long shown) {}

            @Override
            public boolean row(Row row) {
                return taken.add(row);
            }
        });
        assertEquals(rows.size(), taken.size());
        over.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
