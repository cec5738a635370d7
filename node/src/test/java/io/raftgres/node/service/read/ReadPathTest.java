package io.raftgres.node.service.read;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.util.HashedWheelTimer;
import io.raftgres.node.kv.Compare;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Outline;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowCache;
import io.raftgres.node.kv.RowSet;
import io.raftgres.node.kv.RowSource;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.KvService.Consistency;
import io.raftgres.node.service.KvService.Read;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A row and the revision sent with it belong together, whatever is applied during the read. */
@Timeout(60)
class ReadPathTest {

    private static final Key KEY = Key.of("k");

    private final HashedWheelTimer timer = new HashedWheelTimer();
    private final RowCache cache = new RowCache(1 << 20);
    private final Postgres postgres = new Postgres();
    private final MissReader misses = new MissReader(postgres, damaged -> {});
    private volatile MachineState state = state(5, 10);
    private final ReadPath reads = new ReadPath(null, () -> state, (key, row, index) -> {}, cache, misses, timer, 100);

    /** Has fetched its rows before they are held back. */
    private static final class Postgres implements RowSource {
        private final CountDownLatch asked = new CountDownLatch(1);
        private final CompletableFuture<Map<Key, Row>> rows = new CompletableFuture<>();

        @Override
        public Map<Key, Row> get(Collection<Key> keys) {
            asked.countDown();
            return rows.join();
        }

        @Override
        public List<Outline> outlines(RowSet rows, int limit, long atLeastIndex) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Outline> toDelete(RowSet rows, int limit, long atLeastIndex) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Op.Result.Get select(KeyRange range, Selection selection, long maxBytes, long atLeastIndex) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean holds(Compare compare, long atLeastIndex) {
            throw new UnsupportedOperationException();
        }
    }

    @AfterEach
    void stop() {
        misses.close();
        timer.stop();
    }

    private static MachineState state(long index, long revision) {
        return new MachineState(index, 1, revision, 0, 0, 0, 0);
    }

    private static Row row(long revision) {
        return new Row(KEY, new byte[1], revision, revision, 1, 0);
    }

    private CompletableFuture<Read> get() {
        return reads.get(KEY, Consistency.LOCAL, Duration.ofSeconds(30));
    }

    private void apply(long revision) {
        cache.changed(KEY, row(revision), revision);
        state = state(state.index() + 1, revision);
    }

    @Test
    void aRowIsNotShownWithTheRevisionOfTheNextOne() throws Exception {
        CompletableFuture<Read> read = get();
        postgres.asked.await();
        apply(11);
        postgres.rows.complete(Map.of(KEY, row(10)));
        assertEquals(10, read.get().row().modRevision());
        assertEquals(10, read.get().revision());
    }

    @Test
    void aKeyThatIsMadeMeanwhileIsShownWithTheRevisionThatMadeIt() throws Exception {
        CompletableFuture<Read> read = get();
        postgres.asked.await();
        apply(11);
        postgres.rows.complete(Map.of());
        assertEquals(11, read.get().row().modRevision());
        assertEquals(11, read.get().revision());
    }

    /** Its deletion is committed, and not yet counted: at the revision before there was such a key. */
    @Test
    void keyBeingDeletedIsNotShownAsAbsentEarlier() throws Exception {
        cache.deleted(KEY, 11, 6);
        assertNull(get().get().row());
        assertEquals(11, get().get().revision());
    }

    @Test
    void keyDeletedMeanwhileIsNotShownAsAbsentEarlier() throws Exception {
        CompletableFuture<Read> read = get();
        postgres.asked.await();
        cache.deleted(KEY, 11, 11);
        state = state(state.index() + 1, 11);
        postgres.rows.complete(Map.of());
        assertNull(read.get().row());
        assertEquals(11, read.get().revision());
    }

    @Test
    void aRowThatIsBeingAppliedIsShownWithItsOwnRevision() throws Exception {
        cache.changed(KEY, row(11), 6);
        assertEquals(11, get().get().revision());
    }

    @Test
    void readEndsWhenReadingFailsUnexpectedly() throws Exception {
        CompletableFuture<Read> read = get();
        postgres.rows.completeExceptionally(new IllegalStateException("what is this?"));
        ExecutionException failure = assertThrows(ExecutionException.class, read::get);
        assertInstanceOf(ServiceException.Unavailable.class, failure.getCause());
        assertEquals(0, reads.inFlight());
    }
}
