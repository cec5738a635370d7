package io.raftgres.e2e.etcd;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.raftgres.etcd.api.etcdserver.CompactionRequest;
import io.raftgres.etcd.api.etcdserver.Compare;
import io.raftgres.etcd.api.etcdserver.DeleteRangeRequest;
import io.raftgres.etcd.api.etcdserver.LeaseGrantRequest;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveRequest;
import io.raftgres.etcd.api.etcdserver.LeaseLeasesRequest;
import io.raftgres.etcd.api.etcdserver.LeaseRevokeRequest;
import io.raftgres.etcd.api.etcdserver.LeaseTimeToLiveRequest;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.etcdserver.RequestOp;
import io.raftgres.etcd.api.etcdserver.TxnRequest;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Generates scripts from seeds. Keys and values are few, so that operations affect each other, and some requests are
 * invalid.
 */
final class ScriptGenerator {

    /** etcd sorts up to twelve rows stably. More rows that are equal come in any order. */
    private static final int KEYS = 12;

    private static final ByteString FROM_KEY = ByteString.copyFrom(new byte[] {0});
    private static final int WATCHES = 6;
    private static final int LEASES = 4;

    /** Extreme numbers. Raftgres must refuse or accept each as etcd does. */
    private static final long[] EXTREMES = {
        -1, -2, Integer.MIN_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1, 1L << 62, Long.MAX_VALUE - 1, Long.MAX_VALUE
    };

    private final Random random;
    /** Number of keys to choose from. Some transactions use fewer, so that their operations change the same keys. */
    private int keys = KEYS;
    /** Approximate number of revisions that the script has made. */
    private long revisions;

    private int watches;

    ScriptGenerator(long seed) {
        this.random = new Random(seed);
    }

    List<Step> script(int steps) {
        List<Step> script = new ArrayList<>();
        watches = 0;
        for (int i = 0; i < steps; i++) {
            if (watches < WATCHES && random.nextInt(steps) < 2 * WATCHES) {
                script.add(new Step.Watch(watch()));
                watches++;
            } else if (chance(4)) {
                script.add(new Step.Stream(stream()));
            } else {
                script.add(new Step.Call(call()));
            }
        }
        return script;
    }

    private Message call() {
        int kind = random.nextInt(100);
        if (kind < 30) {
            revisions++;
            return put();
        }
        if (kind < 58) {
            return range();
        }
        if (kind < 66) {
            return delete();
        }
        if (kind < 86) {
            revisions++;
            return outermost();
        }
        // Whether a compaction cuts off a watch that begins in the past depends on timing.
        if (kind < 87 && watches == 0) {
            return CompactionRequest.newBuilder()
                    .setRevision(revision())
                    .setPhysical(chance(50))
                    .build();
        }
        return lease();
    }

    private Message lease() {
        return switch (random.nextInt(9)) {
            case 0, 1, 2 ->
                LeaseGrantRequest.newBuilder()
                        .setID(leaseId())
                        .setTTL(
                                chance(5)
                                        ? chance(50) ? Long.MAX_VALUE : 9_000_000_001L
                                        : 1_000 + random.nextInt(1_000))
                        .build();
            case 3 -> LeaseRevokeRequest.newBuilder().setID(leaseId()).build();
            case 4, 5, 6 ->
                LeaseTimeToLiveRequest.newBuilder()
                        .setID(leaseId())
                        .setKeys(chance(70))
                        .build();
            case 7 -> LeaseKeepAliveRequest.newBuilder().setID(leaseId()).build();
            default -> LeaseLeasesRequest.getDefaultInstance();
        };
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private long leaseId() {
        return chance(4) ? extreme() : 7_000 + random.nextInt(LEASES);
    }

    private long extreme() {
        return EXTREMES[random.nextInt(EXTREMES.length)];
    }

    private ByteString key() {
        return chance(1) ? ByteString.EMPTY : bytes("k" + (char) ('a' + random.nextInt(keys)));
    }

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    private ByteString value() {
        return chance(20) ? ByteString.EMPTY : bytes("v" + random.nextInt(5));
    }

    /** Mostly a revision that exists. */
    private long revision() {
        return chance(5) ? extreme() : recent();
    }

    private long recent() {
        return random.nextLong(1, revisions + Revisions.BEGIN + 3);
    }

    /** A random end of the range: one key, an end, from the key on, a prefix, or an end before the key. */
    private ByteString rangeEnd(ByteString key) {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> ByteString.EMPTY;
            case 3 -> FROM_KEY;
            case 4 -> bytes("l");
            default -> key();
        };
    }

    private PutRequest put() {
        PutRequest.Builder put =
                PutRequest.newBuilder().setKey(key()).setValue(value()).setPrevKv(chance(30));
        if (chance(15)) {
            put.setLease(leaseId());
        }
        if (chance(8)) {
            put.setIgnoreValue(true);
            if (chance(80)) {
                put.clearValue();
            }
        }
        if (chance(8)) {
            put.setIgnoreLease(true);
            if (chance(80)) {
                put.clearLease();
            }
        }
        return put.build();
    }

    private DeleteRangeRequest delete() {
        ByteString key = key();
        return DeleteRangeRequest.newBuilder()
                .setKey(key)
                .setRangeEnd(rangeEnd(key))
                .setPrevKv(chance(50))
                .build();
    }

    /**
     * etcd does not notice that a delete without an end overlaps a put in the same transaction, and makes two events of
     * one key at one revision. Raftgres refuses it, as etcd refuses all other such ranges.
     */
    private DeleteRangeRequest deleteWithin() {
        DeleteRangeRequest delete = delete();
        return delete.getRangeEnd().equals(FROM_KEY)
                ? delete.toBuilder().clearRangeEnd().build()
                : delete;
    }

    private RangeRequest range() {
        ByteString key = key();
        RangeRequest.Builder range = RangeRequest.newBuilder().setKey(key).setRangeEnd(rangeEnd(key));
        if (chance(25)) {
            range.setLimit(chance(15) ? extreme() : random.nextInt(6));
        }
        if (chance(25)) {
            range.setRevision(revision());
        }
        if (chance(30)) {
            range.setSortOrderValue(random.nextInt(chance(2) ? 4 : 3));
            range.setSortTargetValue(random.nextInt(chance(2) ? 6 : 5));
        }
        if (range.getSortOrder() == RangeRequest.SortOrder.NONE && range.getLimit() > 0) {
            // Without an order etcd applies the limit before it sorts, so its rows are not the first ones.
            range.clearSortTarget();
        }
        range.setSerializable(chance(10)).setKeysOnly(chance(15)).setCountOnly(chance(10));
        if (chance(15)) {
            range.setMinModRevision(revision());
        }
        if (chance(10)) {
            range.setMaxModRevision(revision());
        }
        if (chance(10)) {
            range.setMinCreateRevision(revision());
        }
        if (chance(10)) {
            range.setMaxCreateRevision(revision());
        }
        return range.build();
    }

    /** With a sort target and no order, etcd sorts each piece separately. */
    private RangeRequest stream() {
        RangeRequest.Builder stream = range().toBuilder();
        if (chance(95)) {
            stream.clearSortOrder()
                    .clearMinModRevision()
                    .clearMaxModRevision()
                    .clearMinCreateRevision()
                    .clearMaxCreateRevision();
        }
        if (stream.getSortOrder() == RangeRequest.SortOrder.NONE) {
            stream.clearSortTarget();
        }
        return stream.build();
    }

    private TxnRequest outermost() {
        keys = chance(50) ? 3 : KEYS;
        TxnRequest txn = txn(2, 4);
        keys = KEYS;
        return txn;
    }

    private TxnRequest txn(int depth, int ops) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (int i = random.nextInt(3); i > 0; i--) {
            txn.addCompare(compare());
        }
        for (int i = random.nextInt(ops); i > 0; i--) {
            txn.addSuccess(op(depth));
        }
        for (int i = random.nextInt(ops); i > 0; i--) {
            txn.addFailure(op(depth));
        }
        return txn.build();
    }

    private RequestOp op(int depth) {
        int kind = random.nextInt(100);
        RequestOp.Builder op = RequestOp.newBuilder();
        if (kind < 35) {
            return op.setRequestPut(put()).build();
        }
        if (kind < 60) {
            return op.setRequestRange(range()).build();
        }
        if (kind < 80) {
            return op.setRequestDeleteRange(deleteWithin()).build();
        }
        if (kind < 99 && depth > 0) {
            return op.setRequestTxn(txn(depth - 1, 3)).build();
        }
        return kind == 99 ? op.build() : op.setRequestRange(range()).build();
    }

    private Compare compare() {
        ByteString key = key();
        Compare.Builder compare = Compare.newBuilder().setKey(key).setResultValue(random.nextInt(4));
        if (chance(25)) {
            compare.setRangeEnd(rangeEnd(key));
        }
        switch (random.nextInt(5)) {
            case 0 ->
                compare.setTarget(Compare.CompareTarget.VERSION).setVersion(chance(5) ? extreme() : random.nextInt(4));
            case 1 -> compare.setTarget(Compare.CompareTarget.CREATE).setCreateRevision(revision());
            case 2 -> compare.setTarget(Compare.CompareTarget.MOD).setModRevision(revision());
            case 3 -> compare.setTarget(Compare.CompareTarget.VALUE).setValue(value());
            default -> compare.setTarget(Compare.CompareTarget.LEASE).setLease(chance(50) ? 0 : leaseId());
        }
        return compare.build();
    }

    private WatchCreateRequest watch() {
        ByteString key = bytes("k" + (char) ('a' + random.nextInt(KEYS)));
        WatchCreateRequest.Builder watch = WatchCreateRequest.newBuilder()
                .setKey(key)
                .setRangeEnd(rangeEnd(key))
                .setPrevKv(chance(50))
                .setFragment(chance(20));
        if (chance(50)) {
            // A watch from a revision that the script does not reach keeps etcd from reporting the progress of the
            // others.
            watch.setStartRevision(chance(4) ? -1 - random.nextInt(2) : Math.max(Revisions.BEGIN + 1, recent()));
        }
        if (chance(15)) {
            watch.addFiltersValue(random.nextInt(2));
            // If a transaction deletes a key that it has put, Raftgres leaves out the previous value on a watch without
            // puts (docs/etcd.md).
            watch.setPrevKv(watch.getPrevKv() && watch.getFilters(0) == WatchCreateRequest.FilterType.NODELETE);
        }
        return watch.build();
    }
}
