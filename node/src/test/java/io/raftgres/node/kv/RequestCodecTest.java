package io.raftgres.node.kv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Requests and results survive their encoding, and other bytes are refused without harm. */
class RequestCodecTest {

    private static Request request(byte[] token) {
        Key key = Key.of(new byte[] {0, (byte) 0xFF, 7});
        return new Request(
                token,
                List.of(
                        Compare.modRevision(key, Compare.Relation.LESS, 9),
                        new Compare(key, Compare.Target.VALUE, Compare.Relation.EQUAL, 0, new byte[] {1})),
                List.of(
                        new Op.Put(key, new byte[300], 3, true), new Op.Delete(KeyRange.prefix(key), false),
                        new Op.Get(KeyRange.EVERYTHING, 5, true), new Op.Compact(1L << 40)),
                List.of(
                        new Op.Get(KeyRange.single(key), 0, false),
                        new Op.Grant(7, 60),
                        new Op.Revoke(List.of(7L, -8L), 3),
                        nested(key)));
    }

    private static Op nested(Key key) {
        Selection selection =
                new Selection(5, 6, true, true, Selection.Target.VALUE, true, new Selection.Filter(1, 2, 3, 4));
        Compare onRange = new Compare(KeyRange.prefix(key), Compare.Target.LEASE, Compare.Relation.GREATER, 1, null);
        Op inner = new Op.Txn(
                List.of(onRange),
                List.of(new Op.Get(KeyRange.EVERYTHING, selection)),
                List.of(new Op.Put(key, new byte[0], 0, true, true, true)));
        return new Op.Txn(List.of(), List.of(inner), List.of(inner));
    }

    @Test
    void nestedTransactionsSurviveEncoding() {
        Op.Txn back = (Op.Txn) RequestCodec.decode(RequestCodec.encode(request(null)))
                .request()
                .failure()
                .getLast();
        assertEquals(
                nested(Key.of(new byte[] {0, (byte) 0xFF, 7})).toString().replaceAll("@[0-9a-f]+", ""),
                back.toString().replaceAll("@[0-9a-f]+", ""));
    }

    /** The first entry that a member cannot read is the one that raises the version: it ends there, and says why. */
    @Test
    void aVersionThatThisReleaseCannotReadIsRefusedWithWhatToDo() {
        Op.Raise raise = new Op.Raise(ClusterVersion.LATEST);
        byte[] data = RequestCodec.encode(Request.of(null, raise));
        assertEquals(raise, RequestCodec.decode(data).request().success().getFirst());
        // The version is followed by the empty other branch.
        data[data.length - 3]++;
        String why = assertThrows(IllegalArgumentException.class, () -> RequestCodec.decode(data))
                .getMessage();
        assertEquals(
                "the cluster has version " + (ClusterVersion.LATEST + 1)
                        + ", but this release reads only versions up to " + ClusterVersion.LATEST
                        + ": start this node with a newer release",
                why);
    }

    @Test
    void tokenAgeSurvivesEncodingAndItsAbsenceAddsNoBytes() {
        byte[] token = new byte[Request.TOKEN_BYTES];
        Request aged = request(token).withTokenAge(77_000);
        byte[] data = RequestCodec.encode(aged);
        assertEquals(77_000, RequestCodec.decode(data).request().tokenAgeMillis());
        assertEquals(data.length - Long.BYTES, RequestCodec.encode(request(token)).length);
        assertEquals(1, RequestCodec.encode(request(token))[1 + Long.BYTES]);
    }

    @Test
    void transactionsWithinEachOtherAreBounded() {
        Op op = new Op.Compact(1);
        for (int i = 0; i <= Limits.MAX_TXN_DEPTH; i++) {
            op = new Op.Txn(List.of(), List.of(op), List.of());
        }
        byte[] data = RequestCodec.encode(Request.of(null, op));
        assertThrows(IllegalArgumentException.class, () -> RequestCodec.decode(data));
    }

    @Test
    void everyPartSurvivesEncoding() {
        byte[] token = new byte[Request.TOKEN_BYTES];
        Arrays.fill(token, (byte) 5);
        byte[] data = RequestCodec.encode(request(token));
        RequestCodec.setClock(data, 77);
        RequestCodec.Clocked back = RequestCodec.decode(data);
        assertEquals(77, back.clockMillis());
        assertArrayEquals(token, back.request().token());
        assertArrayEquals(data, reencoded(back), "the same bytes again");
    }

    private static byte[] reencoded(RequestCodec.Clocked clocked) {
        byte[] data = RequestCodec.encode(clocked.request());
        RequestCodec.setClock(data, clocked.clockMillis());
        return data;
    }

    @Test
    void damagedBytesAreRefused() {
        byte[] good = RequestCodec.encode(request(null));
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThrows(IllegalArgumentException.class, () -> RequestCodec.decode(cut));
        }
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            try {
                RequestCodec.decode(bad);
            } catch (IllegalArgumentException e) {
                assertTrue(e.getMessage().length() > 5);
            }
        }
    }

    @Test
    void resultsSurviveEncoding() {
        Row row = new Row(Key.of("k"), new byte[] {1, 2}, 3, 4, 5, 6);
        ApplyResult result = new ApplyResult(
                9,
                true,
                List.of(
                        new Op.Result.Put(row, null),
                        new Op.Result.Delete(2, List.of(row)),
                        new Op.Result.Get(List.of(row, row), true, 7),
                        new Op.Result.Compact(7),
                        new Op.Result.Txn(
                                true, List.of(new Op.Result.Txn(false, List.of()), new Op.Result.Grant(1, 2))),
                        new Op.Result.Revoke(3),
                        new Op.Result.Raise(1),
                        new Op.Result.Token(1L << 40)),
                true);
        byte[] data = ApplyResultCodec.encode(result);
        assertArrayEquals(data, ApplyResultCodec.encode(ApplyResultCodec.decode(data)));
        for (int length = 0; length < data.length; length++) {
            byte[] cut = Arrays.copyOf(data, length);
            assertThrows(IllegalArgumentException.class, () -> ApplyResultCodec.decode(cut));
        }
    }

    /**
     * Bytes of builds before compaction: a log with them stays readable permanently, and the codec still writes the
     * same bytes.
     */
    @Test
    void oldEntriesAreReadAsBefore() {
        String old = "01000000000000004d0000010000000161020100000000000000090001010000000161000000027631"
                + "0000000000000003010002020000000161010000000162000300000001610000000005" + "01";
        byte[] data = java.util.HexFormat.of().parseHex(old);
        RequestCodec.Clocked clocked = RequestCodec.decode(data);
        Request request = clocked.request();
        assertEquals(77, clocked.clockMillis());
        assertEquals(9, request.compares().getFirst().number());
        Op.Put put = (Op.Put) request.success().getFirst();
        assertEquals("v1", new String(put.value()));
        assertEquals(3, put.lease());
        assertTrue(put.returnPrevious());
        assertEquals(
                new KeyRange(Key.of("a"), Key.of("b")),
                ((Op.Delete) request.failure().getFirst()).range());
        assertEquals(5, ((Op.Get) request.failure().getLast()).selection().limit());
        assertArrayEquals(data, reencoded(clocked));
    }

    @Test
    void theCallerSurvivesEncoding() {
        CallerId caller = new CallerId("\u00FCser", 1L << 40);
        for (byte[] token : new byte[][] {null, new byte[Request.TOKEN_BYTES]}) {
            byte[] data = RequestCodec.encode(request(token).withCaller(caller));
            Request back = RequestCodec.decode(data).request();
            assertEquals(caller, back.caller());
            assertArrayEquals(token, back.token());
            assertArrayEquals(data, RequestCodec.encode(back));
        }
        Request aged = request(new byte[Request.TOKEN_BYTES]).withTokenAge(5).withCaller(caller);
        Request back = RequestCodec.decode(RequestCodec.encode(aged)).request();
        assertEquals(5, back.tokenAgeMillis());
        assertEquals(caller, back.caller());
    }

    /** Members of older releases read it, and it costs nothing. */
    @Test
    void aRequestOfNobodyHasTheFormOfOlderReleases() {
        byte[] data = RequestCodec.encode(Request.of(null, new Op.Compact(5)));
        assertEquals(
                "01" + "0000000000000000" + "00" + "0000" + "0001" + "04" + "0000000000000005" + "0000",
                HexFormat.of().formatHex(data));
        assertEquals(CallerId.NOBODY, RequestCodec.decode(data).request().caller());
    }
}
