package io.raftgres.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.bench.load.ResponseParser.Garbage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Responses are understood whatever the pieces they come in, and nonsense is refused. */
class ResponseParserTest {

    private static final String SIZED = "HTTP/1.1 200 OK\r\nETag: \"5\"\r\ncontent-length: 11\r\n\r\nhello world";
    private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nTrailer: x\r\n\r\n";
    private static final String CONTINUED = "HTTP/1.1 100 Continue\r\n\r\n" + SIZED;
    private static final String BARE = "HTTP/1.1 200\r\nContent-Length:11\r\n\r\nhello world";

    @Test
    void everySplitOfEveryFormGivesTheSameResponse() throws Garbage {
        for (String form : List.of(SIZED, CHUNKED, CONTINUED, BARE)) {
            for (int first = 0; first <= form.length(); first++) {
                for (int second = first; second <= form.length(); second += 7) {
                    ResponseParser parser =
                            parse(form.substring(0, first), form.substring(first, second), form.substring(second));
                    assertHello(parser);
                    assertTrue(parser.keepAlive());
                }
            }
        }
    }

    @Test
    void singleBytesAreParsed() throws Garbage {
        for (String form : List.of(SIZED, CHUNKED, CONTINUED)) {
            assertHello(parse(form.split("")));
        }
    }

    @Test
    void takesNoMoreThanItsResponse() throws Garbage {
        byte[] two = bytes(SIZED + SIZED);
        ResponseParser parser = new ResponseParser();
        parser.reset();
        assertEquals(SIZED.length(), parser.feed(two, 0, two.length));
        parser.reset();
        assertEquals(SIZED.length(), parser.feed(two, SIZED.length(), SIZED.length()));
        assertHello(parser);
    }

    @Test
    void noBodyNeedsNoLength() throws Garbage {
        assertEquals(204, parse("HTTP/1.1 204 No Content\r\n\r\n").status());
        assertEquals(304, parse("HTTP/1.1 304 Not Modified\r\n\r\n").status());
        assertEquals(
                0, parse("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n").bodyLength());
    }

    @Test
    void bodyWithoutLengthEndsWithTheConnection() throws Garbage {
        ResponseParser parser = parse("HTTP/1.1 200 OK\r\n\r\n", "hello", " world");
        assertFalse(parser.isDone());
        assertTrue(parser.closed());
        assertHello(parser);
        assertFalse(parser.keepAlive());
        assertFalse(parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel").closed(), "cut short is not whole");
    }

    @Test
    void knowsWhetherTheConnectionStays() throws Garbage {
        assertFalse(parse("HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n")
                .keepAlive());
        assertFalse(parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keepAlive());
        assertTrue(parse("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
                .keepAlive());
    }

    @Test
    void keepsTheStartOfALargeBodyOnly() throws Garbage {
        String body = "x".repeat(100_000);
        ResponseParser parser =
                parse("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", body.substring(0, 100), body.substring(100));
        assertTrue(parser.isDone());
        assertEquals(100_000, parser.bodyLength());
        assertEquals("x".repeat(ResponseParser.BODY_KEPT), new String(parser.body(), StandardCharsets.US_ASCII));
    }

    @Test
    void nonsenseIsRefused() {
        for (String nonsense : List.of(
                "SSH-2.0-OpenSSH_9.2\r\n",
                "HTTP/2.0 200 OK\r\n",
                "HTTP/1.1 2x0 OK\r\n",
                "HTTP/1.1 099 OK\r\n",
                "HTTP/1.1 777 OK\r\n",
                "HTTP/1.1 2000 OK\r\n",
                "\r\n",
                "HTTP/1.1 200 OK\r\nno colon\r\n",
                "HTTP/1.1 200 OK\r\n: empty\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
                "HTTP/1.1 101 Switching\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
                "HTTP/1.1 200 OK\r\nX: " + "y".repeat(9000),
                "HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(300))) {
            assertThrows(Garbage.class, () -> parse(nonsense), nonsense);
            assertThrows(Garbage.class, () -> parse(nonsense.split("")), nonsense);
        }
    }

    @Test
    void noiseNeverDoesWorseThanGarbage() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            byte[] form = bytes(i % 2 == 0 ? CHUNKED : SIZED);
            for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
                form[random.nextInt(form.length)] = (byte) random.nextInt(256);
            }
            ResponseParser parser = new ResponseParser();
            parser.reset();
            try {
                int taken = parser.feed(form, 0, form.length);
                assertTrue(taken == form.length || parser.isDone());
            } catch (Garbage expected) {
                assertFalse(expected.getMessage().isEmpty());
            }
        }
    }

    private static void assertHello(ResponseParser parser) {
        assertTrue(parser.isDone());
        assertEquals(200, parser.status());
        assertEquals(11, parser.bodyLength());
        assertEquals("hello world", new String(Arrays.copyOf(parser.body(), 11), StandardCharsets.US_ASCII));
    }

    private static ResponseParser parse(String... pieces) throws Garbage {
        ResponseParser parser = new ResponseParser();
        parser.reset();
        for (String piece : pieces) {
            byte[] bytes = bytes(piece);
            assertEquals(bytes.length, parser.feed(bytes, 0, bytes.length));
        }
        return parser;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
