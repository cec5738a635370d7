package io.raftgres.node.kv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.KeyValueMachine.Decoded;
import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Revisions, transactions and tokens follow their rules, and memory and PostgreSQL together always show the same. */
class KeyValueMachineTest {

    private static final Key A = Key.of("a");
    private static final Key B = Key.of("b");

    private final MapStore store = new MapStore();
    private final RowCache cache = new RowCache(1 << 20);
    private final KeyValueMachine machine =
            new KeyValueMachine(MachineState.EMPTY, cache, store, new Leases(), new AuthStore(AuthState.EMPTY));
    private long index;
    private long clockMillis = 1_000;

    private static Op.Put put(Key key, String value) {
        return new Op.Put(key, value.getBytes(), 0, false);
    }

    private Decoded entry(Request request) {
        byte[] data = RequestCodec.encode(request);
        RequestCodec.setClock(data, clockMillis);
        return Decoded.of(new Entry(++index, 1, Entry.Kind.COMMAND, data));
    }

    private ApplyResult apply(Request request) {
        Results results = new Results();
        store.write(machine.apply(List.of(entry(request)), results));
        return (ApplyResult) results.all.getFirst();
    }

    @Test
    void putCountsRevisionsAndVersionsAsEtcdDoes() {
        assertEquals(1, machine.state().revision());
        apply(Request.of(null, put(A, "1")));
        apply(Request.of(null, put(B, "1")));
        ApplyResult third = apply(Request.of(null, put(A, "2")));
        assertEquals(4, third.revision());
        Row row = cache.find(A).row();
        assertEquals(2, row.createRevision());
        assertEquals(4, row.modRevision());
        assertEquals(2, row.version());
    }

    @Test
    void onlyTransactionsThatWriteTakeARevision() {
        apply(Request.of(null, put(A, "1")));
        assertEquals(
                2,
                apply(Request.of(null, new Op.Get(KeyRange.single(A), 0, false)))
                        .revision());
        assertEquals(
                2,
                apply(Request.of(null, new Op.Delete(KeyRange.single(B), false)))
                        .revision());
        machine.apply(List.of(Decoded.of(Entry.noop(++index, 1))), new Results());
        assertEquals(2, machine.state().revision());
        ApplyResult both = apply(new Request(null, List.of(), List.of(put(A, "2"), put(B, "2")), List.of()));
        assertEquals(3, both.revision());
    }

    @Test
    void theClustersVersionIsRaisedAndNeverGoesBack() {
        assertEquals(0, machine.state().clusterVersion());
        ApplyResult raised = apply(Request.of(null, new Op.Raise(1)));
        assertEquals(List.of(new Op.Result.Raise(1)), raised.results());
        assertEquals(1, raised.revision(), "it takes no revision");
        assertEquals(
                List.of(new Op.Result.Raise(1)),
                apply(Request.of(null, new Op.Raise(0))).results());
        AppliedBatch next = machine.apply(List.of(entry(Request.of(null, put(A, "1")))), new Results());
        assertEquals(1, next.clusterVersion());
        assertEquals(1, machine.state().clusterVersion());
        machine.apply(List.of(Decoded.of(Entry.noop(++index, 1))), new Results());
        assertEquals(1, machine.state().clusterVersion());
    }

    private RefusedRequestException refusal(Request request) {
        Results results = new Results();
        AppliedBatch batch = machine.apply(List.of(entry(request)), results);
        assertTrue(batch.changes().isEmpty() && batch.leases().isEmpty());
        store.write(batch);
        return (RefusedRequestException) results.all.getFirst();
    }

    @Test
    void aLimitMayBeAnyNumber() {
        for (long limit : new long[] {1, 2, Integer.MAX_VALUE, 1L << 31, Long.MAX_VALUE, 0, -1, Long.MIN_VALUE}) {
            Op get = new Op.Get(KeyRange.EVERYTHING, Selection.of(limit, 0, false));
            ApplyResult result = apply(new Request(null, List.of(), List.of(put(A, "1"), put(B, "1"), get), List.of()));
            Op.Result.Get got = (Op.Result.Get) result.results().getLast();
            assertEquals(limit == 1 ? 1 : 2, got.rows().size());
            assertEquals(limit == 1, got.more());
        }
    }

    @Test
    void failureOfTheRequestIsARefusalAndOtherFailuresAreNot() {
        apply(Request.of(null, put(A, "1")));
        Compare of = new Compare(KeyRange.single(A), null, Compare.Relation.EQUAL, 0, null);
        Request defective = new Request(null, List.of(of), List.of(put(A, "2")), List.of());
        Results results = new Results();
        Entry entry = new Entry(++index, 1, Entry.Kind.COMMAND, new byte[0]);
        AppliedBatch batch =
                machine.apply(List.of(new Decoded(entry, new RequestCodec.Clocked(clockMillis, defective))), results);
        assertEquals(List.of(), batch.changes());
        RefusedRequestException refused = (RefusedRequestException) results.all.getFirst();
        assertTrue(refused.getMessage().contains("nothing was changed"), refused.getMessage());
        assertEquals(NullPointerException.class, refused.getCause().getClass());
        assertEquals(index, machine.state().index());
        KeyValueMachine failing = new KeyValueMachine(
                machine.state(),
                new RowCache(0),
                new MapStore() {
                    @Override
                    public List<Outline> toDelete(RowSet rows, int limit, long atLeastIndex) {
                        throw new IllegalArgumentException("this member's PostgreSQL");
                    }
                },
                new Leases(),
                new AuthStore(AuthState.EMPTY));
        Decoded delete = entry(Request.of(null, new Op.Delete(KeyRange.EVERYTHING, false)));
        IllegalArgumentException failure =
                assertThrows(IllegalArgumentException.class, () -> failing.apply(List.of(delete), new Results()));
        assertEquals("this member's PostgreSQL", failure.getMessage());
    }

    @Test
    void aTransactionWithinIsDecidedFromTheRowsBeforeTheOutermost() {
        apply(Request.of(null, put(A, "1")));
        Compare isOne = new Compare(A, Compare.Target.VALUE, Compare.Relation.EQUAL, 0, "1".getBytes());
        Op inner = new Op.Txn(List.of(isOne), List.of(put(B, "then")), List.of(put(B, "else")));
        ApplyResult result = apply(new Request(null, List.of(), List.of(put(A, "2"), inner), List.of()));
        assertTrue(((Op.Result.Txn) result.results().get(1)).succeeded());
        assertArrayEquals("then".getBytes(), cache.find(B).row().value());
        assertEquals(3, result.revision(), "all of it is one revision");
    }

    @Test
    void aCompareOnARangeHoldsWhenItHoldsForEachKey() {
        apply(Request.of(null, put(A, "1")));
        apply(Request.of(null, put(B, "1")));
        KeyRange both = new KeyRange(A, Key.of("c"));
        Compare old = new Compare(both, Compare.Target.MOD_REVISION, Compare.Relation.LESS, 4, null);
        assertTrue(apply(new Request(null, List.of(old), List.of(put(A, "2")), List.of()))
                .succeeded());
        assertFalse(apply(new Request(null, List.of(old), List.of(), List.of())).succeeded());
        KeyRange none = new KeyRange(Key.of("x"), Key.of("y"));
        Compare absent = new Compare(none, Compare.Target.VERSION, Compare.Relation.EQUAL, 0, null);
        Compare noValue = new Compare(none, Compare.Target.VALUE, Compare.Relation.NOT_EQUAL, 0, new byte[1]);
        assertTrue(
                apply(new Request(null, List.of(absent), List.of(), List.of())).succeeded());
        assertFalse(
                apply(new Request(null, List.of(noValue), List.of(), List.of())).succeeded());
    }

    @Test
    void putThatKeepsTheValueOrLeaseNeedsTheKey() {
        Op.Put keeps = new Op.Put(A, new byte[0], 0, true, true, false);
        assertEquals(
                Reason.KEY_NOT_FOUND,
                ((ServiceException.Rejected) refusal(Request.of(null, keeps)).asServiceException()).reason());
        apply(Request.of(null, put(A, "1")));
        apply(Request.of(null, keeps));
        assertArrayEquals("1".getBytes(), cache.find(A).row().value());
        assertEquals(2, cache.find(A).row().version());
    }

    @Test
    void readsInATransactionMayBeOfThePast() {
        apply(Request.of(null, put(A, "1")));
        apply(Request.of(null, put(A, "2")));
        Op past = new Op.Get(KeyRange.single(A), Selection.of(0, 2, false));
        ApplyResult result = apply(new Request(null, List.of(), List.of(put(B, "1"), past), List.of()));
        assertArrayEquals(
                "1".getBytes(),
                ((Op.Result.Get) result.results().get(1)).rows().getFirst().value());
        Op future = new Op.Get(KeyRange.single(A), Selection.of(0, 9, false));
        assertEquals(
                Reason.FUTURE_REVISION,
                ((ServiceException.Rejected) refusal(
                                        new Request(null, List.of(), List.of(put(B, "1"), future), List.of()))
                                .asServiceException())
                        .reason());
        Op never = new Op.Get(KeyRange.single(A), Selection.of(0, Selection.NEVER, false));
        assertEquals(
                Reason.COMPACTED,
                ((ServiceException.Rejected) refusal(
                                        new Request(null, List.of(), List.of(put(B, "1"), never), List.of()))
                                .asServiceException())
                        .reason());
    }

    @Test
    void aLeaseTakesItsKeysWithItInOneRevision() {
        assertEquals(
                Reason.LEASE_NOT_FOUND,
                ((ServiceException.Rejected) refusal(Request.of(null, new Op.Put(A, new byte[0], 7, false)))
                                .asServiceException())
                        .reason());
        assertEquals(1, apply(Request.of(null, new Op.Grant(7, 60))).revision(), "a grant takes no revision");
        assertEquals(
                Reason.LEASE_EXISTS,
                ((ServiceException.Rejected)
                                refusal(Request.of(null, new Op.Grant(7, 60))).asServiceException())
                        .reason());
        apply(Request.of(null, new Op.Put(A, new byte[0], 7, false)));
        apply(Request.of(null, new Op.Put(B, new byte[0], 7, false)));
        ApplyResult stale = apply(Request.of(null, new Op.Revoke(List.of(7L), 99)));
        assertFalse(stale.succeeded(), "in the eyes of a leader of another term only");
        assertEquals(3, stale.revision());
        ApplyResult revoked = apply(Request.of(null, new Op.Revoke(List.of(7L), 0)));
        assertEquals(4, revoked.revision());
        assertTrue(cache.find(A).row() == null && cache.find(B).row() == null);
        assertEquals(
                Reason.LEASE_NOT_FOUND,
                ((ServiceException.Rejected) refusal(Request.of(null, new Op.Revoke(List.of(7L), 0)))
                                .asServiceException())
                        .reason());
    }

    @Test
    void aCreatedKeyStartsAgainAfterItsDelete() {
        apply(Request.of(null, put(A, "1")));
        ApplyResult deleted = apply(Request.of(null, new Op.Delete(KeyRange.single(A), true)));
        assertArrayEquals(
                "1".getBytes(),
                ((Op.Result.Delete) deleted.results().getFirst())
                        .previous()
                        .getFirst()
                        .value());
        apply(Request.of(null, put(A, "2")));
        assertEquals(1, cache.find(A).row().version());
        assertEquals(4, cache.find(A).row().createRevision());
    }

    @Test
    void comparesChooseTheBranch() {
        apply(Request.of(null, put(A, "1")));
        Compare current = Compare.modRevision(A, Compare.Relation.EQUAL, 2);
        Compare value = new Compare(B, Compare.Target.VALUE, Compare.Relation.NOT_EQUAL, 0, new byte[0]);
        assertTrue(apply(new Request(null, List.of(current), List.of(put(A, "2")), List.of()))
                .succeeded());
        assertFalse(apply(new Request(null, List.of(current), List.of(put(A, "3")), List.of()))
                .succeeded());
        assertFalse(
                apply(new Request(null, List.of(value), List.of(), List.of(put(B, "x"))))
                        .succeeded(),
                "a key that does not exist has no value to compare");
        assertArrayEquals("2".getBytes(), cache.find(A).row().value());
        assertArrayEquals("x".getBytes(), cache.find(B).row().value());
    }

    @Test
    void aTransactionReadsItsOwnWritesAndChangesAKeyOnce() {
        apply(Request.of(null, put(A, "1")));
        ApplyResult result = apply(new Request(
                null, List.of(), List.of(put(B, "2"), new Op.Get(KeyRange.prefix(Key.of("")), 0, false)), List.of()));
        assertEquals(2, ((Op.Result.Get) result.results().get(1)).rows().size());
        Results results = new Results();
        AppliedBatch batch = machine.apply(
                List.of(entry(new Request(null, List.of(), List.of(put(A, "x"), put(A, "y")), List.of()))), results);
        assertTrue(results.all.getFirst() instanceof RefusedRequestException);
        assertTrue(batch.changes().isEmpty());
        assertArrayEquals("1".getBytes(), cache.find(A).row().value());
        assertEquals(3, machine.state().revision());
    }

    @Test
    void transactionDeletesItsOwnPutsOnceAllMembersSupportIt() {
        apply(Request.of(null, put(A, "1")));
        for (Op delete : List.of(new Op.Delete(KeyRange.single(A), true), new Op.Delete(KeyRange.EVERYTHING, true))) {
            Request both = new Request(
                    null,
                    List.of(),
                    List.of(
                            new Op.Txn(List.of(), List.of(put(A, "2"), put(B, "2")), List.of()),
                            new Op.Txn(List.of(), List.of(delete), List.of())),
                    List.of());
            refusal(both);
        }
        apply(Request.of(null, new Op.Raise(ClusterVersion.PUT_THEN_DELETE)));
        Results results = new Results();
        AppliedBatch batch = machine.apply(
                List.of(entry(new Request(
                        null,
                        List.of(),
                        List.of(
                                new Op.Txn(List.of(), List.of(put(A, "2"), put(B, "2")), List.of()),
                                new Op.Txn(
                                        List.of(),
                                        List.of(new Op.Delete(KeyRange.prefix(Key.of("")), true)),
                                        List.of()),
                                new Op.Get(KeyRange.single(A), 0, false)),
                        List.of()))),
                results);
        ApplyResult result = (ApplyResult) results.all.getFirst();
        Op.Result.Delete deleted = (Op.Result.Delete)
                ((Op.Result.Txn) result.results().get(1)).results().getFirst();
        assertEquals(List.of(A, B), deleted.previous().stream().map(Row::key).toList());
        assertEquals(0, ((Op.Result.Get) result.results().get(2)).count());
        assertEquals(
                List.of(A, B, A, B), batch.changes().stream().map(Change::key).toList());
        assertEquals(
                List.of(false, false, true, true),
                batch.changes().stream().map(Change::isDelete).toList());
        assertEquals(3, result.revision());
        assertEquals(0, machine.state().hash());
        assertTrue(cache.find(A).row() == null && cache.find(B).row() == null);
        Request twice = new Request(
                null,
                List.of(),
                List.of(
                        new Op.Delete(KeyRange.single(B), false),
                        put(B, "3"),
                        new Op.Delete(KeyRange.single(B), false),
                        put(B, "4")),
                List.of());
        refusal(twice);
    }

    @Test
    void aTokenAppliesOnceUntilTheLogsClockForgetsIt() {
        byte[] token = new byte[Request.TOKEN_BYTES];
        Request request = Request.of(token, put(A, "1"));
        ApplyResult first = apply(request);
        apply(Request.of(null, put(A, "2")));
        ApplyResult again = apply(request);
        assertTrue(again.replayed());
        assertEquals(first.revision(), again.revision());
        assertEquals(1, ((Op.Result.Put) again.results().getFirst()).row().version());
        assertArrayEquals("2".getBytes(), cache.find(A).row().value());
        clockMillis += Tokens.KEPT_MILLIS + 1;
        apply(Request.of(null, put(B, "x")));
        assertFalse(apply(request).replayed());
    }

    /**
     * A request that says it is a repetition is not applied again when its first application can no longer be known.
     */
    @Test
    void aRepetitionThatComesTooLateIsRefused() {
        byte[] token = new byte[Request.TOKEN_BYTES];
        Request request = Request.of(token, put(A, "1"));
        apply(request);
        clockMillis += 40_000;
        assertTrue(apply(request.withTokenAge(40_000)).replayed());
        clockMillis += 21_000;
        assertEquals(
                Reason.TOKEN_FORGOTTEN,
                ((ServiceException.Rejected)
                                refusal(request.withTokenAge(61_000)).asServiceException())
                        .reason());
        assertEquals(2, machine.state().revision());
        // The first request never came. Within the time for which tokens are remembered that is certain.
        byte[] other = new byte[Request.TOKEN_BYTES];
        other[0] = 1;
        ApplyResult late = apply(Request.of(other, put(A, "2")).withTokenAge(50_000));
        assertFalse(late.replayed());
        assertEquals(3, late.revision());
        assertTrue(apply(Request.of(other, put(A, "2")).withTokenAge(54_000)).replayed());
    }

    @Test
    void soManyTokensThatTheyGoEarlyAreRegarded() {
        Tokens tokens = new Tokens();
        List<byte[]> encoded = new ArrayList<>();
        ApplyResult result = new ApplyResult(2, true, List.of(), false);
        Request last = null;
        for (int i = 0; i < Tokens.MAX_KEPT; i++) {
            last = Request.of(
                    java.nio.ByteBuffer.allocate(Request.TOKEN_BYTES).putInt(i).array(), put(A, "1"));
            Request unknown = Request.of(new byte[] {-1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, put(A, "1"));
            if (i == Tokens.MAX_KEPT - 1) {
                tokens.requireKnown(unknown.withTokenAge(1), 90_000);
                tokens.add(last, result, 90_000, encoded);
                assertThrows(RefusedRequestException.class, () -> tokens.requireKnown(unknown.withTokenAge(1), 90_000));
            } else {
                tokens.add(last, result, 85_000, encoded);
            }
        }
    }

    /** The store keeps the former use of a token a little longer than memory does. */
    @Test
    void tokensThatTheStoreHasTwiceAreForgottenInTheSameOrder() {
        Request first = Request.of(
                java.nio.ByteBuffer.allocate(Request.TOKEN_BYTES).putInt(1).array(), put(A, "1"));
        Request second = Request.of(
                java.nio.ByteBuffer.allocate(Request.TOKEN_BYTES).putInt(2).array(), put(A, "1"));
        ApplyResult result = new ApplyResult(2, true, List.of(), false);
        List<byte[]> stored = new ArrayList<>();
        Tokens was = new Tokens();
        was.add(first, result, 1_000, stored);
        was.add(second, result, 1_001, stored);
        long again = 1_001 + Tokens.KEPT_MILLIS;
        was.expire(again);
        was.add(first, result, again, stored);
        Tokens loaded = new Tokens();
        stored.forEach(loaded::load);
        was.expire(again + 1);
        loaded.expire(again + 1);
        for (Tokens tokens : List.of(was, loaded)) {
            assertNull(tokens.find(second));
            assertNotNull(tokens.find(first));
        }
    }

    @Test
    void tokensAreForgottenAtTheSameEntryHoweverEntriesComeTogether() {
        byte[] token = new byte[Request.TOKEN_BYTES];
        List<Decoded> entries = new ArrayList<>();
        entries.add(entry(Request.of(token, put(A, "1"))));
        clockMillis += Tokens.KEPT_MILLIS + 1;
        entries.add(entry(Request.of(null, put(B, "x"))));
        entries.add(entry(Request.of(token, put(A, "2"))));
        Results together = new Results();
        machine.apply(entries, together);
        KeyValueMachine other = new KeyValueMachine(
                MachineState.EMPTY,
                new RowCache(1 << 20),
                new MapStore(),
                new Leases(),
                new AuthStore(AuthState.EMPTY));
        entries.forEach(entry -> other.apply(List.of(entry), new Results()));
        assertEquals(other.state(), machine.state());
        assertFalse(((ApplyResult) together.all.getLast()).replayed());
    }

    @Test
    void tokensSurviveARestart() {
        byte[] token = new byte[Request.TOKEN_BYTES];
        Results results = new Results();
        AppliedBatch batch = machine.apply(List.of(entry(Request.of(token, put(A, "1")))), results);
        store.write(batch);
        KeyValueMachine restarted = new KeyValueMachine(
                machine.state(), new RowCache(1 << 20), store, new Leases(), new AuthStore(AuthState.EMPTY));
        restarted.loadTokens(batch.tokens());
        Results after = new Results();
        restarted.apply(List.of(entry(Request.of(token, put(A, "1")))), after);
        assertTrue(((ApplyResult) after.all.getFirst()).replayed());
        assertEquals(2, restarted.state().revision());
    }

    @Test
    void nothingIsAppliedWhilePostgresIsUnavailable() {
        store.failNext(1);
        Decoded entry = entry(Request.of(null, put(A, "1")));
        assertThrows(StoreUnavailableException.class, () -> machine.apply(List.of(entry), new Results()));
        assertEquals(0, machine.state().index());
        machine.apply(List.of(entry), new Results());
        assertEquals(1, machine.state().index());
    }

    @Test
    void missingRowsOfARunAreFetchedWithOneQuery() {
        List<Decoded> run = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            run.add(entry(Request.of(null, put(Key.of("k" + i), "v"))));
        }
        machine.apply(run, new Results());
        assertEquals(1, store.queries());
    }

    private static byte[] mebibyte(int seed) {
        byte[] value = new byte[1 << 20];
        new Random(seed).nextBytes(value);
        return value;
    }

    /** Six of a MiB each, three of them with a lease. */
    private void putLargeValues() {
        apply(Request.of(null, new Op.Grant(7, 60)));
        for (int i = 0; i < 6; i++) {
            apply(Request.of(null, new Op.Put(Key.of("p/" + i), mebibyte(i), i % 2 == 0 ? 7 : 0, false)));
        }
    }

    @Test
    void aRunIsAppliedInPartsWhenItsRowsAreTooManyForMemory() {
        int keys = 100;
        for (int i = 0; i < keys; i++) {
            apply(Request.of(null, new Op.Put(Key.of("p/" + i), mebibyte(i), 0, false)));
        }
        RowCache none = new RowCache(0);
        KeyValueMachine later =
                new KeyValueMachine(machine.state(), none, store, new Leases(), new AuthStore(AuthState.EMPTY));
        List<Decoded> run = new ArrayList<>();
        for (int i = 0; i < keys; i++) {
            run.add(entry(Request.of(null, put(Key.of("p/" + i), "small"))));
        }
        int parts = 0;
        while (!run.isEmpty()) {
            AppliedBatch batch = later.apply(run, new Results());
            store.write(batch);
            none.evict(batch.index());
            run = run.subList((int) (batch.index() - run.getFirst().entry().index() + 1), run.size());
            assertTrue(
                    batch.changes().stream().mapToLong(Change::sizeBytes).sum()
                            <= RowSource.MAX_FETCH_BYTES + (2 << 20),
                    "values of one fetch");
            parts++;
        }
        assertTrue(parts >= 3 && parts <= 5, parts + " parts");
        assertEquals(
                keys,
                store.rows().values().stream()
                        .filter(row -> row.value().length == 5)
                        .count());
    }

    /** One entry is never split: it finds its rows one by one. */
    @Test
    void rowsThatATransactionReplacesAreBounded() {
        for (int keys : new int[] {16, 32}) {
            RowCache none = new RowCache(0);
            KeyValueMachine fresh = new KeyValueMachine(
                    MachineState.EMPTY, none, largeRows(keys), new Leases(), new AuthStore(AuthState.EMPTY));
            List<Op> parts = new ArrayList<>();
            List<Compare> compares = new ArrayList<>();
            for (int from = 0; from < keys; from += 16) {
                List<Op> puts = new ArrayList<>();
                for (int i = from; i < from + 16; i++) {
                    puts.add(put(Key.of("p/" + i), "small"));
                    compares.add(new Compare(
                            Key.of("p/" + i), Compare.Target.VALUE, Compare.Relation.NOT_EQUAL, 0, new byte[1]));
                }
                parts.add(new Op.Txn(List.of(), puts, List.of()));
            }
            Results results = new Results();
            AppliedBatch batch = fresh.apply(
                    List.of(new Decoded(
                            new Entry(1, 1, Entry.Kind.COMMAND, new byte[0]),
                            new RequestCodec.Clocked(1, new Request(null, compares, parts, List.of())))),
                    results);
            assertEquals(keys == 16 ? 16 : 0, batch.changes().size());
            assertEquals(keys > 16, results.all.getFirst() instanceof RefusedRequestException);
        }
    }

    private static MapStore largeRows(int keys) {
        MapStore rows = new MapStore();
        byte[] value = new byte[1 << 20];
        for (int i = 0; i < keys; i++) {
            Key key = Key.of("p/" + i);
            rows.rows().put(key, new Row(key, value, 1, 1, 1, 0));
        }
        return rows;
    }

    @Test
    void rangeDeleteNeedsNoValuesInMemory() {
        putLargeValues();
        store.write(machine.apply(List.of(entry(Request.of(null, new Op.Revoke(List.of(7L), 0)))), new Results()));
        assertEquals(3, store.rows().size());
        putLargeValues();
        AppliedBatch batch = machine.apply(
                List.of(entry(Request.of(null, new Op.Delete(KeyRange.prefix(Key.of("p/")), false)))), new Results());
        assertEquals(6, batch.changes().size());
        assertTrue(batch.changes().stream()
                        .filter(change -> !change.leftValue())
                        .mapToLong(Change::sizeBytes)
                        .sum()
                <= Outline.KEPT_BYTES + 6 * 200);
        assertEquals(0, machine.state().hash(), "the hash of no row");
    }

    @Test
    void tooLargeResponseIsRefusedBeforeAnythingChanges() {
        putLargeValues();
        KeyRange all = KeyRange.prefix(Key.of("p/"));
        long hash = machine.state().hash();
        List<Op> gets = new ArrayList<>(List.of(put(A, "1")));
        List<Op> puts = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            gets.add(new Op.Get(KeyRange.single(Key.of("p/" + i)), 0, false));
            puts.add(new Op.Put(Key.of("p/" + i), new byte[0], 0, true));
        }
        for (List<Op> ops : List.<List<Op>>of(
                List.of(new Op.Delete(all, true)),
                gets,
                puts,
                List.of(put(A, "1"), new Op.Get(all, 0, false)),
                List.of(put(Key.of("p/0"), "1"), new Op.Get(all, 5, false)))) {
            RefusedRequestException refused = refusal(new Request(null, List.of(), ops, List.of()));
            assertEquals(
                    Reason.RESPONSE_TOO_LARGE, ((ServiceException.Rejected) refused.asServiceException()).reason());
            assertEquals(hash, machine.state().hash());
        }
        ApplyResult fits = apply(new Request(
                null,
                List.of(),
                List.of(put(Key.of("p/0"), "1"), new Op.Get(all, 4, false), new Op.Get(all, 0, true)),
                List.of()));
        Op.Result.Get four = (Op.Result.Get) fits.results().get(1);
        assertArrayEquals(mebibyte(3), four.rows().getLast().value());
        assertEquals(6, four.count());
        assertTrue(ApplyResultCodec.encode(fits).length <= Limits.MAX_RESPONSE_BYTES);
        KeyRange three = new KeyRange(Key.of("p/1"), Key.of("p/4"));
        Op.Result.Delete deleted = (Op.Result.Delete) apply(new Request(
                        null,
                        List.of(),
                        List.of(new Op.Delete(KeyRange.single(Key.of("p/5")), false), new Op.Delete(three, true)),
                        List.of()))
                .results()
                .getLast();
        assertArrayEquals(mebibyte(3), deleted.previous().getLast().value());
    }

    @Test
    void rangeDeleteBeyondItsBoundIsRefusedWhole() {
        List<Decoded> run = new ArrayList<>();
        for (int i = 0; i <= Limits.MAX_DELETED_KEYS; i++) {
            run.add(entry(Request.of(null, put(Key.of("k" + i), ""))));
        }
        store.write(machine.apply(run, new Results()));
        Results results = new Results();
        AppliedBatch batch = machine.apply(
                List.of(entry(Request.of(null, new Op.Delete(KeyRange.prefix(Key.of("k")), false)))), results);
        assertTrue(results.all.getFirst() instanceof RefusedRequestException);
        assertTrue(batch.changes().isEmpty());
        assertNull(store.rows().get(A));
    }

    private ApplyResult compact(byte[] token, long revision) {
        return apply(Request.of(token, new Op.Compact(revision)));
    }

    private static long compacted(ApplyResult result) {
        return ((Op.Result.Compact) result.results().getFirst()).compactedRevision();
    }

    @Test
    void compactionMovesUpOnlyAndTakesNoRevision() {
        apply(Request.of(null, put(A, "1")));
        apply(Request.of(null, put(A, "2")));
        long hash = machine.state().hash();
        ApplyResult first = compact(null, 2);
        assertTrue(first.succeeded());
        assertEquals(2, compacted(first));
        assertEquals(3, first.revision());
        ApplyResult same = compact(null, 2);
        assertFalse(same.succeeded(), "etcd: what is compacted already is refused");
        assertEquals(2, compacted(same));
        assertFalse(compact(null, 1).succeeded());
        ApplyResult future = compact(null, 4);
        assertFalse(future.succeeded());
        assertEquals(2, compacted(future));
        assertTrue(compact(null, 3).succeeded(), "the current revision can be the oldest one");
        assertEquals(3, machine.state().revision());
        assertEquals(3, machine.state().compactedRevision());
        assertEquals(hash, machine.state().hash());
        assertEquals(4, apply(Request.of(null, put(A, "3"))).revision());
        assertEquals(3, machine.state().compactedRevision(), "later entries keep it");
        machine.apply(List.of(Decoded.of(Entry.noop(++index, 1))), new Results());
        assertEquals(3, machine.state().compactedRevision());
    }

    @Test
    void batchesCarryTheCompactedRevision() {
        AppliedBatch batch = machine.apply(
                List.of(
                        entry(Request.of(null, put(A, "1"))),
                        entry(Request.of(null, new Op.Compact(2))),
                        entry(Request.of(null, put(A, "2")))),
                new Results());
        assertEquals(2, batch.compactedRevision());
        assertEquals(3, batch.revision());
        assertEquals(2, batch.changes().size());
    }

    @Test
    void compactionStandsAlone() {
        apply(Request.of(null, put(A, "1")));
        Op compact = new Op.Compact(2);
        List<Request> refused = List.of(
                new Request(null, List.of(), List.of(put(B, "1"), compact), List.of()),
                new Request(null, List.of(), List.of(compact, compact), List.of()),
                new Request(null, List.of(), List.of(compact), List.of(put(B, "1"))),
                new Request(
                        null, List.of(Compare.modRevision(A, Compare.Relation.EQUAL, 2)), List.of(compact), List.of()),
                new Request(
                        null, List.of(Compare.modRevision(A, Compare.Relation.EQUAL, 9)), List.of(), List.of(compact)));
        for (Request request : refused) {
            Results results = new Results();
            AppliedBatch batch = machine.apply(List.of(entry(request)), results);
            assertTrue(results.all.getFirst() instanceof RefusedRequestException, request.toString());
            assertEquals(0, batch.compactedRevision());
            assertTrue(batch.changes().isEmpty());
        }
    }

    @Test
    void repeatedCompactionHasTheFirstResult() {
        apply(Request.of(null, put(A, "1")));
        byte[] token = new byte[Request.TOKEN_BYTES];
        assertTrue(compact(token, 2).succeeded());
        apply(Request.of(null, put(A, "2")));
        compact(null, 3);
        ApplyResult again = compact(token, 2);
        assertTrue(again.replayed());
        assertTrue(again.succeeded());
        assertEquals(2, compacted(again));
        byte[] other = token.clone();
        other[0] = 1;
        assertFalse(compact(other, 99).succeeded());
        assertFalse(compact(other, 99).succeeded(), "also when it was refused");
        assertEquals(3, compacted(compact(other, 99)));
        assertEquals(3, machine.state().compactedRevision());
    }

    /** A client's mistake that once stopped every node: the request lacks the operation of the remembered one. */
    @Test
    void aTokenOfAnotherRequestGivesNoResult() {
        byte[] token = new byte[Request.TOKEN_BYTES];
        apply(Request.of(token, put(A, "1")));
        Compare never = Compare.modRevision(A, Compare.Relation.EQUAL, 77);
        for (Request other : List.of(
                new Request(token, List.of(), List.of(), List.of()),
                new Request(token, List.of(never), List.of(), List.of(put(B, "1"))),
                Request.of(token, new Op.Compact(2)),
                Request.of(token, new Op.Delete(KeyRange.single(A), false)))) {
            ApplyResult result = apply(other);
            assertTrue(result.replayed());
            assertEquals(List.of(), result.results());
        }
        assertEquals(2, machine.state().revision());
        assertEquals(0, machine.state().compactedRevision());
    }

    @Test
    void theLastMembershipOfARunGoesToTheStore() {
        Membership one = Membership.of(List.of(new Member(1, "node1", true, "a:1", "http://a:2")));
        Membership two = one.with(new Member(2, "node2", false, "b:1", "http://b:2"));
        Results results = new Results();
        assertNull(machine.apply(List.of(entry(Request.of(null, put(A, "1")))), results)
                .membership());
        List<Decoded> run = new ArrayList<>();
        for (Membership membership : List.of(one, two)) {
            run.add(Decoded.of(new Entry(++index, 1, Entry.Kind.MEMBERSHIP, membership.encode())));
            run.add(entry(Request.of(null, put(B, "1"))));
        }
        AppliedBatch batch = machine.apply(run, results);
        assertEquals(two, batch.membership());
        assertEquals(index, batch.index());
        assertEquals(2, batch.changes().size());
    }
}
