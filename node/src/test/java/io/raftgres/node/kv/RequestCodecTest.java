package io.raftgres.node.kv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Requests and answers survive their encoding, and other bytes are refused without harm. */
class RequestCodecTest {

    private static Request request(byte[] token) {
        Key key = Key.of(new byte[] {0, (byte) 0xFF, 7});
        return new Request(token,
                List.of(Compare.modRevision(key, Compare.Relation.LESS, 9),
                        new Compare(key, Compare.Target.VALUE, Compare.Relation.EQUAL, 0, new byte[] {1})),
                List.of(new Op.Put(key, new byte[300], 3, true), new Op.Delete(KeyRange.prefix(key), false),
                        new Op.Get(KeyRange.EVERYTHING, 5, true), new Op.Compact(1L << 40)),
                List.of(new Op.Get(KeyRange.single(key), 0, false)));
    }

    @Test
    void everyPartComesBack() {
        byte[] token = new byte[Request.TOKEN_BYTES];
        Arrays.fill(token, (byte) 5);
        byte[] data = RequestCodec.encode(request(token));
        assertTrue(RequestCodec.hasToken(data));
        assertFalse(RequestCodec.hasToken(RequestCodec.encode(request(null))));
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
    void answersComeBack() {
        Row row = new Row(Key.of("k"), new byte[] {1, 2}, 3, 4, 5, 6);
        Answer answer = new Answer(9, true, List.of(new Op.Result.Put(row, null), new Op.Result.Delete(2, List.of(row)),
                new Op.Result.Get(List.of(row, row), true), new Op.Result.Compact(7)), true);
        byte[] data = AnswerCodec.encode(answer);
        assertArrayEquals(data, AnswerCodec.encode(AnswerCodec.decode(data)));
        for (int length = 0; length < data.length; length++) {
            byte[] cut = Arrays.copyOf(data, length);
            assertThrows(IllegalArgumentException.class, () -> AnswerCodec.decode(cut));
        }
    }

    /** Bytes as releases before compaction wrote them: a log with them is read for ever, and written the same. */
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
        assertEquals(new KeyRange(Key.of("a"), Key.of("b")), ((Op.Delete) request.failure().getFirst()).range());
        assertEquals(5, ((Op.Get) request.failure().getLast()).limit());
        assertArrayEquals(data, reencoded(clocked));
    }
}
