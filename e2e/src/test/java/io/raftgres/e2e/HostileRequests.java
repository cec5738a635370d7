package io.raftgres.e2e;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Requests that no correct client sends, made from a seed. All their keys begin with bytes FF, so a mutation never
 * reaches the keys that the test keeps.
 */
final class HostileRequests {

    private static final String KEY = "/v1/kv/%FF%FFfuzz";

    /** Valid requests, which are then mutated. */
    private static final List<String> SANE = List.of(
            "GET " + KEY + "1 HTTP/1.1\r\nhost: localhost\r\n\r\n",
            "GET " + KEY + "1?consistency=local HTTP/1.1\r\nhost: localhost\r\nif-none-match: \"5\"\r\n\r\n",
            "HEAD " + KEY + "1 HTTP/1.1\r\nhost: localhost\r\n\r\n",
            "PUT " + KEY + "1 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nvalue",
            "PUT " + KEY + "2 HTTP/1.1\r\nhost: localhost\r\nif-match: \"17\"\r\nidempotency-key: abcdefgh\r\n"
                    + "raftgres-timeout-millis: 900\r\ncontent-length: 5\r\n\r\nvalue",
            "PUT " + KEY + "3 HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
                    + "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
            "PUT " + KEY + "4 HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\nabc",
            "DELETE " + KEY + "2 HTTP/1.1\r\nhost: localhost\r\n\r\n",
            "DELETE /v1/kv?prefix=%FF%FFfuzz3 HTTP/1.1\r\nhost: localhost\r\n\r\n",
            "GET /v1/kv?prefix=%FF%FF&limit=3&keysOnly=true HTTP/1.1\r\nhost: localhost\r\n"
                    + "accept: application/x-ndjson\r\n\r\n",
            "GET /v1/kv?from=%FF&to=%FF%FFg&revision=3&encoding=text HTTP/1.1\r\nhost: localhost\r\n\r\n",
            "POST /v1/txn?encoding=text HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                    + "content-length: 62\r\n\r\n"
                    + "{\"compare\":[],\"success\":[{\"put\":{\"key\":\"~\",\"value\":\"a\"}}]}    ",
            "GET /v1/watch?prefix=%FF%FF HTTP/1.1\r\nhost: localhost\r\nlast-event-id: 3\r\n\r\n",
            "GET /v1/cluster HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
            "GET /q/health/ready HTTP/1.1\r\nhost: localhost\r\n\r\n",
            "GET /metrics HTTP/1.0\r\n\r\n",
            "GET /q/openapi HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\n"
                    + "http2-settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n");

    private static final List<String> TOKENS = List.of(
            "%",
            "%00",
            "%FF",
            "%2F",
            "%zz",
            "%C0%AF",
            "..",
            "//",
            "?",
            "#",
            "&",
            "=",
            "\r\n",
            "\r",
            "\n",
            "\0",
            " ",
            "\t",
            ":",
            ";",
            "\"",
            "{",
            "[",
            "-1",
            "0",
            "99999999999999999999",
            "9223372036854775807",
            "content-length: 3\r\n",
            "transfer-encoding: chunked\r\n",
            "ffffffffffffffff\r\n",
            "HTTP/1.1",
            "HTTP/9.9",
            "expect: 100-continue\r\n",
            "\u00ff\u00fe");

    private final Random random;

    HostileRequests(long seed) {
        this.random = new Random(seed);
    }

    /** @return invalid requests; the node must respond with 4xx or close the connection */
    static List<byte[]> wrong() {
        String long9k = "k".repeat(9_000);
        return List.of(
                put("/v1/kv/%FF" + long9k, "content-length: 1", "v"),
                put("/v1/kv/%FF" + "k".repeat(100_000), "content-length: 1", "v"),
                put(KEY, "content-length: 10000000000", "v"),
                put(KEY, "content-length: 2000000", "v".repeat(2_000_000)),
                put(KEY, "transfer-encoding: chunked", "200000\r\n" + "v".repeat(0x200000) + "\r\n0\r\n\r\n"),
                put(KEY, "transfer-encoding: chunked", "nonsense\r\n"),
                put(KEY, "transfer-encoding: chunked", "-5\r\nabcde\r\n0\r\n\r\n"),
                put(KEY, "transfer-encoding: chunked", "fffffffffffffffff\r\nabc"),
                put(KEY, "content-length: -1", "v"),
                put(KEY, "content-length: one", "v"),
                put(KEY, "content-length: 1\r\ncontent-length: 2", "vv"),
                put(KEY, "content-length: 1\r\ncontent-encoding: gzip", "v"),
                put(KEY, "content-length: 1\r\nif-match: W/\"oops", "v"),
                put(KEY, "content-length: 1\r\nidempotency-key: " + "t".repeat(5_000), "v"),
                put(KEY, "content-length: 1\r\nraftgres-timeout-millis: never", "v"),
                put(KEY, "x-large: " + "h".repeat(30_000) + "\r\ncontent-length: 1", "v"),
                put(KEY, "x: y\r\n".repeat(6_000) + "content-length: 1", "v"),
                put(KEY, "no colon here\r\ncontent-length: 1", "v"),
                put("/v1/kv/", "content-length: 1", "v"),
                put("/v1/kv/%", "content-length: 1", "v"),
                put("/v1/kv/%f", "content-length: 1", "v"),
                put("/v1/kv/%gg", "content-length: 1", "v"),
                put("/v1/kv?prefix=", "content-length: 1", "v"),
                get("/v1/kv?limit=-1"),
                get("/v1/kv?limit=1e9"),
                get("/v1/kv?prefix=a&prefix=b"),
                get("/v1/kv?from=b&to=a&prefix=c"),
                get("/v1/kv?unknown=1"),
                get("/v1/kv?continue=AAAA"),
                get("/v1/kv?revision=9000000000000000000"),
                get("/v1/watch?fromRevision=x"),
                get("/v1/nothing"),
                get("/v1/"),
                bytes("BREW /v1/kv/%FFpot HTTP/1.1\r\nhost: localhost\r\n\r\n"),
                bytes("POST /v1/txn HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                        + "content-length: 100000\r\n\r\n"
                        + "[".repeat(100_000)),
                bytes("POST /v1/txn HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                        + "content-length: 1\r\n\r\n{"),
                bytes("GET /v1/kv/%FFa HTTP/7.3\r\nhost: localhost\r\n\r\n"),
                bytes("\r\n\r\n\0\0\0 nonsense \r\n\r\n"));
    }

    private static byte[] put(String path, String headers, String body) {
        return bytes("PUT " + path + " HTTP/1.1\r\nhost: localhost\r\n" + headers + "\r\n\r\n" + body);
    }

    private static byte[] get(String path) {
        return bytes("GET " + path + " HTTP/1.1\r\nhost: localhost\r\n\r\n");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** @return bytes for one connection: requests, some of them mutated, or random bytes */
    byte[] next() {
        int kind = random.nextInt(20);
        if (kind == 0) {
            byte[] noise = new byte[1 + random.nextInt(4_000)];
            random.nextBytes(noise);
            return noise;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int count = kind <= 3 ? 2 + random.nextInt(30) : 1;
        for (int i = 0; i < count; i++) {
            byte[] request = bytes(SANE.get(random.nextInt(SANE.size())));
            out.writeBytes(count > 1 && random.nextInt(4) > 0 ? request : mutated(request));
        }
        return out.toByteArray();
    }

    private byte[] mutated(byte[] request) {
        byte[] bytes = request;
        for (int i = 1 + random.nextInt(4); i > 0 && bytes.length > 1; i--) {
            int at = random.nextInt(bytes.length);
            int end = at + random.nextInt(Math.min(40, bytes.length - at)) + 1;
            byte[] token = bytes(TOKENS.get(random.nextInt(TOKENS.size())));
            bytes = switch (random.nextInt(7)) {
                case 0 -> flipped(bytes, at);
                case 1 -> spliced(bytes, at, at, token);
                case 2 -> spliced(bytes, at, end, token);
                case 3 -> spliced(bytes, at, end, new byte[0]);
                case 4 -> spliced(bytes, at, at, Arrays.copyOfRange(bytes, at, end));
                case 5 -> spliced(bytes, at, at, repeated(token, 1 + random.nextInt(3_000)));
                default -> Arrays.copyOf(bytes, at + 1);
            };
        }
        return bytes;
    }

    private byte[] flipped(byte[] bytes, int at) {
        byte[] copy = bytes.clone();
        copy[at] ^= (byte) (1 << random.nextInt(8));
        return copy;
    }

    private static byte[] repeated(byte[] token, int times) {
        byte[] all = new byte[token.length * times];
        for (int i = 0; i < all.length; i++) {
            all[i] = token[i % token.length];
        }
        return all;
    }

    private static byte[] spliced(byte[] bytes, int from, int to, byte[] between) {
        byte[] all = new byte[bytes.length - (to - from) + between.length];
        System.arraycopy(bytes, 0, all, 0, from);
        System.arraycopy(between, 0, all, from, between.length);
        System.arraycopy(bytes, to, all, from + between.length, bytes.length - to);
        return all;
    }
}
