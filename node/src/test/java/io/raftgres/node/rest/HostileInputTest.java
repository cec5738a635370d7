package io.raftgres.node.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Thousands of damaged requests over raw sockets. Each gets a response other than 500, or a closed connection, and none
 * hangs.
 */
@Timeout(120)
class HostileInputTest {

    private static final long SEED = 424242;
    private static final int ROUNDS = 4_000;
    private static final Pattern STATUS = Pattern.compile("^HTTP/1\\.[01] (\\d{3}) ", Pattern.MULTILINE);
    private static final List<String> REQUESTS = List.of(
            "PUT /v1/kv/some%2Fkey HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nIf-Match: \"3\"\r\n"
                    + "Idempotency-Key: abc\r\nConnection: close\r\n\r\nvalue",
            "PUT /v1/kv/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                    + "5\r\nvalue\r\n3\r\nabc\r\n0\r\n\r\n",
            "GET /v1/kv/some%2Fkey?consistency=local HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: \"1\", \"2\"\r\n"
                    + "Raftgres-Timeout-Millis: 500\r\nAccept: */*;q=0.5\r\nConnection: close\r\n\r\n",
            "GET /v1/kv?prefix=a%00&limit=10&revision=2&keysOnly=true&encoding=text HTTP/1.1\r\nHost: localhost\r\n"
                    + "Accept: application/x-ndjson\r\nConnection: close\r\n\r\n",
            "DELETE /v1/kv?prefix=zz&all=false HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "DELETE /v1/kv/k HTTP/1.1\r\nHost: localhost\r\nIf-Match: *\r\nConnection: close\r\n\r\n",
            "POST /v1/txn?encoding=text HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 153\r\nConnection: close\r\n\r\n"
                    + "{\"compare\":[{\"key\":\"a\",\"target\":\"version\",\"op\":\"=\",\"number\":0}],"
                    + "\"success\":[{\"put\":{\"key\":\"a\",\"value\":\"1\"}}],"
                    + "\"failure\":[{\"get\":{\"prefix\":\"\"}}]}     ",
            "GET /v1/cluster HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "GET /v1/watch?fromRevision=x HTTP/1.1\r\nHost: localhost\r\n"
                    + "Last-Event-ID: 1x\r\nConnection: close\r\n\r\n");
    private static final List<String> PIECES = List.of(
            "%",
            "%00",
            "%zz",
            "\0",
            "\r\n",
            "\r\n\r\n",
            " ",
            "\t",
            "?",
            "#",
            "&",
            "=",
            "\"",
            "\\",
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "-1",
            "99999999999999999999",
            "\u00ff",
            "../",
            "//",
            "HTTP/9.9",
            "Content-Length: 7\r\n",
            "Transfer-Encoding: chunked\r\n",
            "If-Match: *\r\n",
            "Expect: 100-continue\r\n",
            "Upgrade: h2c\r\n",
            "null",
            "true",
            "1e999",
            "\u0001",
            "/v1/kv/",
            "a".repeat(9_000));

    private final MemoryKvService service = new MemoryKvService();
    private final RestServer server = new RestServer(service, RestServer.QUICK, RequestMeter.NONE);

    @AfterEach
    void close() {
        server.close();
        service.close();
    }

    @Test
    void damagedRequestsGetAResponseOrAClosedConnection() throws Exception {
        Random random = new Random(SEED);
        int answered = 0;
        for (int i = 0; i < ROUNDS; i++) {
            String request = damaged(random);
            String response = send(request);
            String note = "round " + i + " of seed " + SEED + ": " + request + "\n-> " + response;
            Matcher status = STATUS.matcher(response);
            while (status.find()) {
                int code = Integer.parseInt(status.group(1));
                // 501 is the server's own response to a version of HTTP that there is not.
                assertTrue(code < 500 || code == 501, note);
                answered++;
            }
        }
        assertTrue(answered > ROUNDS / 2, "answered " + answered);
        server.assertIdle();
        assertEquals(200, server.get("/v1/cluster").statusCode());
    }

    private static String damaged(Random random) {
        StringBuilder request = new StringBuilder(REQUESTS.get(random.nextInt(REQUESTS.size())));
        int changes = random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(request.length());
            switch (random.nextInt(5)) {
                case 0 -> request.setCharAt(at, (char) random.nextInt(256));
                case 1 -> request.insert(at, PIECES.get(random.nextInt(PIECES.size())));
                case 2 -> request.delete(at, Math.min(request.length(), at + 1 + random.nextInt(20)));
                case 3 -> {
                    int end = Math.min(request.length(), at + random.nextInt(40));
                    request.insert(at, request.substring(at, end));
                }
                default -> request.setLength(Math.max(1, at));
            }
            if (request.isEmpty()) {
                return "\r\n";
            }
        }
        return request.toString();
    }

    /** The client says that it sends no more, so that the server need not wait for what was promised. */
    private String send(String request) throws IOException {
        try (Socket socket = server.connect()) {
            try {
                socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
                socket.shutdownOutput();
                return read(socket.getInputStream());
            } catch (SocketException e) {
                return "closed";
            }
        }
    }

    /** Reads to the end, or far enough of a stream that has none. */
    private static String read(InputStream in) throws IOException {
        StringBuilder response = new StringBuilder();
        byte[] buffer = new byte[8_192];
        int count;
        while (response.indexOf("event: created") < 0 && (count = in.read(buffer)) >= 0) {
            response.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
        }
        return response.toString();
    }

    @Test
    void overlongRequestLinesAndHeadersAreRefused() throws Exception {
        String line = server.exchange("GET /v1/kv/" + "a".repeat(70_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertTrue(line.startsWith("HTTP/1.1 414 ") || line.startsWith("HTTP/1.0 414 "), line);
        String header =
                server.exchange("GET /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nX: " + "a".repeat(20_000) + "\r\n\r\n");
        assertTrue(header.startsWith("HTTP/1.1 431 ") || header.startsWith("HTTP/1.0 431 "), header);
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            requests.append("PUT /v1/kv/p")
                    .append(i)
                    .append(" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n%02d".formatted(i));
        }
        for (int i = 0; i < 50; i++) {
            requests.append("GET /v1/kv/p")
                    .append(i)
                    .append(" HTTP/1.1\r\nHost: localhost\r\n")
                    .append(i == 49 ? "Connection: close\r\n" : "")
                    .append("\r\n");
        }
        String responses = server.exchange(requests.toString());
        assertEquals(50, responses.split("HTTP/1.1 201 ", -1).length - 1);
        assertEquals(50, responses.split("HTTP/1.1 200 ", -1).length - 1);
        int at = 0;
        for (int i = 0; i < 50; i++) {
            at = responses.indexOf("\r\n\r\n%02d".formatted(i), at);
            assertTrue(at >= 0, "answer " + i);
        }
    }
}
