package io.raftgres.node.consensus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowHash;
import io.raftgres.node.kv.TestBatches;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreOptions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * PostgreSQL is killed under the store writer: in the end it has every submitted batch exactly once, and nothing fails.
 */
@Timeout(300)
class StoreWriterTest {

    private static final int BATCHES = 3_000;
    private static final int KILLS = 3;

    @TempDir
    Path directory;

    private final RowHash rowHash = new RowHash();
    private long hash;

    private AppliedBatch batch(long index) {
        Key key = Key.of("k" + index % 100);
        Row before = index <= 100 ? null : row(key, index - 100);
        Change change = new Change(index + 1, before, row(key, index));
        hash = rowHash.apply(hash, change);
        return TestBatches.of(index, 1, index + 1, 0, hash, index, List.of(change), new byte[0], 0);
    }

    private static Row row(Key key, long index) {
        long first = (index - 1) % 100 + 1;
        return new Row(key, Long.toString(index).getBytes(), first + 1, index + 1, (index - first) / 100 + 1, 0);
    }

    private static void kill(EmbeddedPostgres postgres) throws InterruptedException {
        while (!ProcessHandle.of(postgres.pid())
                .map(ProcessHandle::destroyForcibly)
                .orElse(false)) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private interface Body {
        void run(EmbeddedPostgres postgres, Store store, StoreWriter writer) throws Exception;
    }

    private void withWriter(Body body) throws Exception {
        List<Throwable> failures = new ArrayList<>();
        try (EmbeddedPostgres postgres = TestPostgres.start(directory);
                Store store = Store.open(StoreOptions.of(postgres.jdbcUrl(), postgres.user(), postgres.password()))) {
            store.bind(1, 1);
            StoreWriter writer = new StoreWriter(
                    "test", store, MachineState.EMPTY, 64 << 20, () -> Long.MAX_VALUE, () -> {}, failures::add);
            writer.start();
            body.run(postgres, store, writer);
        }
        assertEquals(List.of(), failures);
    }

    @Test
    void batchesLostInACrashAreWrittenAgain() throws Exception {
        withWriter((postgres, store, writer) -> {
            for (long index = 1; index <= BATCHES; index++) {
                writer.submit(batch(index));
                if (index % (BATCHES / KILLS) == BATCHES / KILLS / 2) {
                    kill(postgres);
                }
            }
            writer.awaitStored(BATCHES);
            assertTrue(writer.awaitRevision(BATCHES + 1, TimeUnit.SECONDS.toNanos(60)));
            while (writer.flushedIndex() < BATCHES) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
            assertEquals(0, writer.keptBytes());
            writer.close();
            assertEquals(hash, store.recomputeHash());
            assertEquals(hash, store.state().hash());
            assertEquals(BATCHES, store.state().appliedIndex());
        });
    }

    /**
     * No read waits, so batches that come one by one are written together. xmin shows the transaction that wrote a row.
     */
    @Test
    void batchesWithoutWaitersAreCombined() throws Exception {
        withWriter((postgres, store, writer) -> {
            long start = System.nanoTime();
            for (long index = 1; index <= 100; index++) {
                writer.submit(batch(index));
                // The rate of a busy client. Each batch alone took PostgreSQL less than this.
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
            }
            assertTrue(writer.awaitRevision(101, TimeUnit.SECONDS.toNanos(60)));
            // Each transaction begins 10 ms after the previous one, except the last, for which the test waits.
            long most = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) / 10 + 3;
            writer.close();
            try (Connection connection =
                            DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
                    Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery(
                            "SELECT count(*), count(DISTINCT xmin::text) FROM raftgres.kv_short")) {
                result.next();
                assertEquals(100, result.getLong(1));
                assertTrue(result.getLong(2) <= most, result.getLong(2) + " transactions, not at most " + most);
            }
        });
    }
}
