package io.raftgres.node.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.raftgres.node.kv.KeyValueMachine.Decoded;
import io.raftgres.raft.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Compares the state machine with a plain map under random requests, with a cache too small for the rows, batches of
 * random length, and a PostgreSQL that is written late. State, results and hash must be equal.
 */
class KeyValueMachineWalkTest {

    @Test
    void agreesWithAPlainMapWhateverIsInMemory() {
        for (long seed = 1; seed <= 20; seed++) {
            new RandomRun(seed).check();
        }
    }

    private static final class RandomRun {
        private final Random random;
        private final MapStore store = new MapStore();
        private final RowCache cache = new RowCache(20 * Row.OVERHEAD_BYTES);
        private final KeyValueMachine machine =
                new KeyValueMachine(MachineState.EMPTY, cache, store, new Leases(), new AuthStore(AuthState.EMPTY));
        private final TreeMap<Key, Row> model = new TreeMap<>();
        private final List<AppliedBatch> unwritten = new ArrayList<>();
        private long index;
        private long revision = 1;
        private long flushed;

        RandomRun(long seed) {
            random = new Random(seed);
        }

        void check() {
            for (int i = 0; i < 400; i++) {
                List<Decoded> run = new ArrayList<>();
                List<Row> expectedPrevious = new ArrayList<>();
                for (int length = 1 + random.nextInt(10); length > 0; length--) {
                    run.add(next(expectedPrevious));
                }
                Results results = new Results();
                unwritten.add(machine.apply(run, results));
                for (int j = 0; j < run.size(); j++) {
                    assertEquals(expectedPrevious.get(j), previous((ApplyResult) results.all.get(j)));
                }
                if (random.nextInt(3) == 0) {
                    unwritten.forEach(store::write);
                    flushed = unwritten.getLast().index();
                    unwritten.clear();
                }
                cache.evict(flushed);
                readSome();
            }
            unwritten.forEach(store::write);
            assertEquals(model, store.rows());
            RowHash rowHash = new RowHash();
            long hash = 0;
            for (Row row : model.values()) {
                hash += rowHash.of(row);
            }
            assertEquals(hash, machine.state().hash());
            assertEquals(revision, machine.state().revision());
        }

        private static Row previous(ApplyResult result) {
            return switch (result.results().getFirst()) {
                case Op.Result.Put put -> put.previous();
                case Op.Result.Delete delete ->
                    delete.previous().isEmpty() ? null : delete.previous().getFirst();
                case Op.Result.Get get -> null;
                case Op.Result.Txn txn -> null;
                case Op.Result.OfAlone alone -> null;
            };
        }

        private Decoded next(List<Row> expectedPrevious) {
            Key key = Key.of("k" + random.nextInt(60));
            Row before = model.get(key);
            expectedPrevious.add(before);
            Op op;
            if (random.nextInt(3) == 0) {
                op = new Op.Delete(KeyRange.single(key), true);
                revision += model.remove(key) == null ? 0 : 1;
            } else {
                byte[] value = {(byte) random.nextInt()};
                op = new Op.Put(key, value, 0, true);
                revision++;
                model.put(
                        key,
                        new Row(
                                key,
                                value,
                                before == null ? revision : before.createRevision(),
                                revision,
                                before == null ? 1 : before.version() + 1,
                                0));
            }
            return Decoded.of(new Entry(++index, 1, Entry.Kind.COMMAND, RequestCodec.encode(Request.of(null, op))));
        }

        /** Reads as the service does, with loads that arrive late. */
        private void readSome() {
            long askedAt = machine.state().index();
            Key key = Key.of("k" + random.nextInt(60));
            RowCache.Slot slot = cache.find(key);
            Row row = slot != null ? slot.row() : store.rows().get(key);
            assertEquals(model.get(key) == null, row == null, "presence of " + key);
            if (row != null) {
                assertEquals(model.get(key).modRevision(), row.modRevision());
            }
            if (slot == null) {
                cache.loaded(key, row, askedAt);
            }
        }
    }
}
