package io.raftgres.node.store;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.TestBatches;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.query.RangeSink;
import io.raftgres.node.store.sql.StoreOptions;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Rows/s through the store alone; run by hand: main(rows, value bytes, batch size). */
final class StoreBenchmark {

    private StoreBenchmark() {}

    public static void main(String[] args) throws Exception {
        int rows = Integer.parseInt(args[0]);
        int valueBytes = Integer.parseInt(args[1]);
        int batchRows = Integer.parseInt(args[2]);
        Path directory = Files.createTempDirectory("raftgres-bench");
        try (EmbeddedPostgres postgres = TestPostgres.start(directory);
                Store store = Store.open(StoreOptions.of(postgres.jdbcUrl(), postgres.user(), postgres.password()))) {
            Row[] current = new Row[rows];
            long revision = 1;
            long index = 0;
            Random random = new Random(1);
            for (int phase = 0; phase < 3; phase++) {
                long nanos = 0;
                long clientCpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                long serverCpu = serverCpu(postgres);
                for (int done = 0; done < rows; done += batchRows) {
                    List<Change> changes = new ArrayList<>(batchRows);
                    for (int i = 0; i < batchRows; i++) {
                        int k = phase == 0 ? done + i : random.nextInt(rows);
                        byte[] value = new byte[valueBytes];
                        random.nextBytes(value);
                        revision++;
                        Row before = current[k];
                        current[k] = before == null
                                ? new Row(Key.of("/registry/pods/%08d".formatted(k)), value, revision, revision, 1, 0)
                                : new Row(
                                        before.key(),
                                        value,
                                        before.createRevision(),
                                        revision,
                                        before.version() + 1,
                                        0);
                        changes.add(new Change(revision, before, current[k]));
                    }
                    AppliedBatch batch = TestBatches.of(++index, 1, revision, 0, 0, 0, changes, new byte[0], 0);
                    long start = System.nanoTime();
                    store.write(batch);
                    nanos += System.nanoTime() - start;
                }
                clientCpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - clientCpu;
                serverCpu = serverCpu(postgres) - serverCpu;
                System.out.printf(
                        "%s: %,d rows/s; CPU a row: server %.2f us, client %.2f us%n",
                        phase == 0 ? "insert" : "update",
                        rows * 1_000_000_000L / nanos,
                        serverCpu / 1e3 / rows,
                        clientCpu / 1e3 / rows);
            }
            time("scrub", () -> store.scrub());
            long now = revision;
            time(
                    "events, first 10,000 of the last round",
                    () -> store.events(KeyRange.EVERYTHING, now - rows, 0, 10_000, change -> {}));
            time(
                    "events, all of the last round",
                    () -> store.events(KeyRange.EVERYTHING, now - rows, 0, Integer.MAX_VALUE, change -> {}));
            time(
                    "events, a prefix of 100 keys",
                    () -> store.events(
                            KeyRange.prefix(Key.of("/registry/pods/000001")), now - 1_000, 0, 10_000, change -> {}));
            time("range, all", () -> range(store, 0, 0));
            time("range, 500", () -> range(store, 500, 0));
            time("range, 500 at a revision 1,000 ago", () -> range(store, 500, now - 1_000));
            time("get, 1 key x 1,000", () -> {
                for (int i = 0; i < 1_000; i++) {
                    store.get(List.of(current[random.nextInt(rows)].key()));
                }
            });
        } finally {
            TestPostgres.deleteTree(directory);
        }
    }

    /** On a machine shared with others the time says little, the processor time of the writer's backend does. */
    private static long serverCpu(EmbeddedPostgres postgres) throws Exception {
        try (var connection = TestStores.connect(postgres);
                var statement = connection.createStatement();
                var result = statement.executeQuery(
                        "SELECT pid FROM pg_stat_activity WHERE application_name = 'raftgres writer'")) {
            return result.next()
                    ? ProcessHandle.of(result.getLong(1))
                            .orElseThrow()
                            .info()
                            .totalCpuDuration()
                            .orElseThrow()
                            .toNanos()
                    : 0;
        }
    }

    private static void range(Store store, long limit, long revision) {
        store.range(KeyRange.EVERYTHING, Selection.of(limit, revision, false), false, new RangeSink() {
            @Override
            public void revision(long current) {}

            @Override
            public boolean row(Row row) {
                return true;
            }
        });
    }

    private static void time(String what, Runnable work) {
        long start = System.nanoTime();
        work.run();
        System.out.printf("%s: %.1f ms%n", what, (System.nanoTime() - start) / 1e6);
    }
}
