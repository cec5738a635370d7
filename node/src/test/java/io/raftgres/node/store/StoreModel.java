package io.raftgres.node.store;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowHash;
import io.raftgres.node.kv.TestBatches;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** The expected content of a store, plainly in memory. Makes random batches, and remembers each revision. */
public final class StoreModel {

    final TreeMap<Key, Row> rows = new TreeMap<>();
    public final List<Change> changes = new ArrayList<>();
    final List<AppliedBatch> batches = new ArrayList<>();
    private final RowHash rowHash = new RowHash();
    private final Random random;
    private final List<Key> keys;
    long index;
    public long revision = 1;
    long hash;
    long clockMillis = 1_000;
    /** Of the batches that come. */
    public long compactedRevision;

    public StoreModel(long seed, int keyCount) {
        random = new Random(seed);
        Set<Key> made = new LinkedHashSet<>(hostileKeys());
        while (made.size() < keyCount) {
            byte[] bytes = new byte[1 + random.nextInt(random.nextInt(20) == 0 ? 4_000 : 12)];
            random.nextBytes(bytes);
            made.add(Key.of(bytes));
        }
        keys = List.copyOf(made);
    }

    static List<Key> hostileKeys() {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        byte[] longest = new byte[8_192];
        new Random(1).nextBytes(longest);
        byte[] longTwin = longest.clone();
        longTwin[8_191]++;
        byte[] ff = new byte[2_049];
        Arrays.fill(ff, (byte) 0xFF);
        byte[] edge = new byte[2_048];
        new Random(2).nextBytes(edge);
        return List.of(
                Key.of(all),
                Key.of(longest),
                Key.of(longTwin),
                Key.of(ff),
                Key.of(edge),
                Key.of(new byte[] {0}),
                Key.of(new byte[] {0, 0}),
                Key.of(new byte[] {-1}),
                Key.of("'; DROP TABLE raftgres.kv; --"),
                Key.of("a{b,\"c\"}\\"),
                Key.of("NULL"),
                Key.of("\u0000\uD83D\uDE00"));
    }

    /** Puts and deletes of a few revisions, now and then a key twice, in one revision too. */
    public AppliedBatch next() {
        int first = changes.size();
        int transactions = random.nextInt(8);
        for (int i = 0; i < transactions; i++) {
            revision++;
            Set<Key> touched = new LinkedHashSet<>();
            for (int n = 1 + random.nextInt(6); n > 0; n--) {
                touched.add(keys.get(random.nextInt(keys.size())));
            }
            touched.forEach(this::touch);
        }
        index += 1 + random.nextInt(3);
        clockMillis += random.nextInt(50);
        byte[] tokens =
                random.nextBoolean() ? ByteBuffer.allocate(8).putLong(index).array() : new byte[0];
        AppliedBatch batch = TestBatches.of(
                index,
                1 + index / 100,
                revision,
                compactedRevision,
                hash,
                clockMillis,
                List.copyOf(changes.subList(first, changes.size())),
                tokens,
                0);
        batches.add(batch);
        return batch;
    }

    private void touch(Key key) {
        switch (random.nextInt(8)) {
            case 0, 1 -> delete(key);
            case 2 -> {
                put(key);
                delete(key);
            }
            case 3 -> {
                delete(key);
                put(key);
            }
            default -> put(key);
        }
    }

    void put(Key key) {
        byte[] value = new byte[random.nextInt(random.nextInt(30) == 0 ? 20_000 : 40)];
        random.nextBytes(value);
        put(key, value);
    }

    void put(Key key, byte[] value) {
        Row before = rows.get(key);
        Row after = before == null
                ? new Row(key, value, revision, revision, 1, random.nextInt(3))
                : new Row(key, value, before.createRevision(), revision, before.version() + 1, 0);
        add(new Change(revision, before, after));
    }

    void delete(Key key) {
        Row before = rows.get(key);
        if (before != null) {
            add(new Change(revision, before, null));
        }
    }

    private void add(Change change) {
        changes.add(change);
        hash = rowHash.apply(hash, change);
        if (change.isDelete()) {
            rows.remove(change.key());
        } else {
            rows.put(change.key(), change.after());
        }
    }

    /** A batch of the changes made by hand since the last one. */
    AppliedBatch batchOf(int firstChange) {
        index++;
        AppliedBatch batch = TestBatches.of(
                index,
                1,
                revision,
                0,
                hash,
                clockMillis,
                List.copyOf(changes.subList(firstChange, changes.size())),
                new byte[0],
                0);
        batches.add(batch);
        return batch;
    }

    public TreeMap<Key, Row> at(long wanted) {
        TreeMap<Key, Row> then = new TreeMap<>();
        for (Change change : changes) {
            if (change.revision() > wanted) {
                break;
            }
            if (change.isDelete()) {
                then.remove(change.key());
            } else {
                then.put(change.key(), change.after());
            }
        }
        return then;
    }

    KeyRange randomRange() {
        Key one = keys.get(random.nextInt(keys.size()));
        Key other = keys.get(random.nextInt(keys.size()));
        return switch (random.nextInt(4)) {
            case 0 -> KeyRange.EVERYTHING;
            case 1 -> new KeyRange(one, null);
            case 2 -> KeyRange.single(one);
            default -> one.compareTo(other) < 0 ? new KeyRange(one, other) : new KeyRange(other, one);
        };
    }

    static List<Row> in(KeyRange range, Map<Key, Row> rows) {
        return rows.values().stream().filter(row -> range.contains(row.key())).toList();
    }

    List<Key> keys() {
        return keys;
    }
}
