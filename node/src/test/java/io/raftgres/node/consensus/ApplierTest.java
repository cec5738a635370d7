package io.raftgres.node.consensus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.AuthStore;
import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.KeyValueMachine;
import io.raftgres.node.kv.Leases;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.MapStore;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.RequestCodec;
import io.raftgres.node.kv.RowCache;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.raft.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The duties of the apply thread to writes, reads and the store, for every order of events. */
class ApplierTest {

    private final MapStore rows = new MapStore();
    private final RowCache cache = new RowCache(1 << 20);
    private final BlockingQueue<String> reported = new LinkedBlockingQueue<>();
    private final AtomicLong applied = new AtomicLong();
    private final List<Throwable> failures = new ArrayList<>();
    private final Sink sink = new Sink();
    private Applier applier;

    /** A PostgreSQL that has each batch at the moment of its submission. */
    private final class Sink implements StoreSink {
        private volatile long stored;

        @Override
        public void submit(AppliedBatch batch) {
            rows.write(batch);
            stored = batch.index();
        }

        @Override
        public void awaitStored(long index) {
            assertTrue(stored >= index, "a scan at " + index + " with " + stored + " stored");
        }

        @Override
        public long flushedIndex() {
            return stored;
        }

        @Override
        public long flushedRevision() {
            return 0;
        }
    }

    private final class Write implements PendingWrite {
        private final String name;

        Write(String name) {
            this.name = name;
        }

        @Override
        public byte[] data() {
            throw new IllegalStateException("proposed already");
        }

        @Override
        public void applied(ApplyResult result) {
            reported.add(name + " applied at " + result.revision());
        }

        @Override
        public void refused(ServiceException why) {
            reported.add(name + " refused");
        }

        @Override
        public void notDone(NotDone why) {
            reported.add(name + " not done");
        }

        @Override
        public void uncertain() {
            reported.add(name + " uncertain");
        }
    }

    @BeforeEach
    void start() {
        KeyValueMachine machine =
                new KeyValueMachine(MachineState.EMPTY, cache, rows, new Leases(), new AuthStore(AuthState.EMPTY));
        applier = new Applier(
                "test",
                machine,
                cache,
                new EventRing(1, 1 << 20),
                sink,
                new Checkpoints(),
                applied::set,
                () -> {},
                failures::add);
        applier.start();
    }

    @AfterEach
    void stop() {
        applier.close();
        assertEquals(List.of(), failures);
    }

    private static Entry put(long index, long term, String key) {
        return entry(index, term, new Op.Put(Key.of(key), new byte[] {1}, 0, false));
    }

    private static Entry entry(long index, long term, Op... ops) {
        return new Entry(
                index,
                term,
                Entry.Kind.COMMAND,
                RequestCodec.encode(new Request(null, List.of(), List.of(ops), List.of())));
    }

    private void expect(String... events) throws InterruptedException {
        for (String event : events) {
            assertEquals(event, reported.poll(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void answersEachWriteWhenItsOwnEntryIsApplied() throws InterruptedException {
        applier.proposed(1, 1, List.of(new Write("a"), new Write("b")));
        applier.committed(List.of(put(1, 1, "a"), put(2, 1, "b"), put(3, 1, "of another node")));
        expect("a applied at 2", "b applied at 3");
    }

    @Test
    void aWriteWhoseEntryWasReplacedIsNotDone() throws InterruptedException {
        applier.proposed(1, 1, List.of(new Write("a"), new Write("b")));
        applier.leadershipLost();
        expect("a uncertain", "b uncertain");
        applier.committed(List.of(put(1, 1, "a")));
        expect("a applied at 2");
        applier.committed(List.of(put(2, 2, "of the next leader")));
        expect("b not done");
    }

    /** The write is in term 1. After this log replaced it, it is in term 3. */
    private void proposeTwoWritesForIndex2() throws InterruptedException {
        applier.proposed(1, 1, List.of(new Write("a"), new Write("b")));
        applier.proposed(2, 3, List.of(new Write("c")));
        applier.committed(List.of(put(1, 1, "a")));
        expect("a applied at 2");
    }

    @Test
    void ofTwoWritesForOneIndexTheAppliedOneGetsTheResult() throws InterruptedException {
        proposeTwoWritesForIndex2();
        applier.committed(List.of(put(2, 3, "c")));
        expect("b not done", "c applied at 3");
    }

    /** It led, lost an entry to another leader, and led again. Then a member leads that still has the first entry. */
    @Test
    void aWriteThatWasReplacedInThisLogAloneIsNotTakenForOneThatIsNotDone() throws InterruptedException {
        proposeTwoWritesForIndex2();
        applier.committed(List.of(put(2, 1, "b"), put(3, 4, "d")));
        Set<String> both = new TreeSet<>();
        both.add(reported.poll(30, TimeUnit.SECONDS));
        both.add(reported.poll(30, TimeUnit.SECONDS));
        assertEquals(Set.of("b applied at 3", "c not done"), both);
    }

    @Test
    void readsWaitForTheirIndex() throws InterruptedException {
        PendingRead read = new PendingRead() {
            @Override
            public void ready() {
                reported.add("read at " + applied.get());
            }

            @Override
            public void failed() {
                reported.add("read failed");
            }

            @Override
            public long deadlineNanos() {
                return Long.MAX_VALUE;
            }
        };
        applier.readable(2, List.of(read));
        applier.committed(List.of(Entry.noop(1, 1)));
        applier.committed(List.of(put(2, 1, "a")));
        expect("read at 2");
        applier.readable(1, List.of(read));
        expect("read at 2");
    }

    @Test
    void aScanSeesEveryEntryBeforeIt() throws InterruptedException {
        applier.proposed(3, 1, List.of(new Write("delete")));
        applier.committed(List.of(
                put(1, 1, "k1"),
                put(2, 1, "k2"),
                entry(3, 1, new Op.Delete(KeyRange.prefix(Key.of("k")), false)),
                put(4, 1, "k3")));
        expect("delete applied at 4");
        applier.proposed(5, 1, List.of(new Write("last")));
        applier.committed(List.of(put(5, 1, "x")));
        expect("last applied at 6");
        applier.close();
        assertEquals(2, rows.rows().size());
    }

    @Test
    void applyingWaitsWhilePostgresIsUnavailable() throws InterruptedException {
        rows.failNext(3);
        applier.proposed(1, 1, List.of(new Write("a")));
        applier.committed(List.of(put(1, 1, "a")));
        expect("a applied at 2");
    }

    /** Meanwhile the apply thread is blocked. */
    @Test
    void readsThatWaitForAnUnavailablePostgresFail() throws InterruptedException {
        rows.failNext(Integer.MAX_VALUE);
        applier.proposed(1, 1, List.of(new Write("a")));
        applier.committed(List.of(put(1, 1, "a")));
        applier.readable(1, List.of(new PendingRead() {
            @Override
            public void ready() {
                reported.add("read");
            }

            @Override
            public void failed() {
                reported.add("read failed");
            }

            @Override
            public long deadlineNanos() {
                return Long.MAX_VALUE;
            }
        }));
        applier.leadershipLost();
        expect("a uncertain");
        applier.failReads("unavailable");
        expect("read failed");
        rows.failNext(0);
        expect("a applied at 2");
    }

    @Test
    void aRequestThatBreaksARuleIsRefusedAndTheNextApplied() throws InterruptedException {
        applier.proposed(1, 1, List.of(new Write("twice"), new Write("b")));
        Op put = new Op.Put(Key.of("k"), new byte[0], 0, false);
        applier.committed(List.of(entry(1, 1, put, put), put(2, 1, "b")));
        expect("twice refused", "b applied at 2");
    }
}
