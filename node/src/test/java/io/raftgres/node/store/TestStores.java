package io.raftgres.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.Row;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.store.schema.StoreState;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Helpers of the store's tests. */
public final class TestStores {

    private TestStores() {}

    public static Connection connect(EmbeddedPostgres postgres) throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
    }

    static String describe(Row row) {
        return row == null
                ? "none"
                : row.key() + " create " + row.createRevision() + " mod " + row.modRevision()
                        + " version " + row.version() + " lease " + row.lease() + " value " + row.value().length + "/"
                        + Arrays.hashCode(row.value());
    }

    public static void assertSameRows(Collection<Row> expected, Collection<Row> found) {
        List<String> wanted = expected.stream().map(TestStores::describe).toList();
        assertEquals(wanted, found.stream().map(TestStores::describe).toList());
    }

    static void assertSameState(StoreModel model, Store store) {
        AppliedBatch last = model.batches.getLast();
        assertEquals(
                new StoreState(
                        last.index(),
                        last.term(),
                        last.revision(),
                        last.compactedRevision(),
                        last.hash(),
                        last.clockMillis()),
                store.state());
        assertEquals(model.hash, store.recomputeHash());
    }

    public static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "no " + what + " within 60 s");
            Thread.sleep(5);
        }
    }
}
