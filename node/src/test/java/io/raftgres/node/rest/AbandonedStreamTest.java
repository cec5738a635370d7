package io.raftgres.node.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A stream ends with its connection, also when the server gets no event about it. */
class AbandonedStreamTest {

    private final MemoryKvService service = new MemoryKvService();
    private final RestServer server = new RestServer(service, RestServer.QUICK, RequestMeter.NONE);

    @AfterEach
    void close() {
        server.close();
        service.close();
    }

    /** Vert.x 4.5 by itself would tell only the request that has no response yet, and fail over it. */
    @Test
    void aWatchEndsWhenItsConnectionDoesInTheMiddleOfTheNextRequest() throws Exception {
        try (Socket socket = server.connect()) {
            socket.getOutputStream().write(ascii("GET /v1/watch HTTP/1.1\r\nhost: localhost\r\n\r\n"));
            assertEquals('H', socket.getInputStream().read());
            assertEquals(1, server.api.admission().watches());
            socket.getOutputStream()
                    .write(ascii("PUT /v1/kv/never HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\npart"));
        }
        RestServer.await("the watch is closed", () -> server.api.admission().watches() == 0);
        server.assertIdle();
    }

    /** A request behind a watch is not done, and takes no memory of the node. */
    @Test
    void requestPipelinedBehindAWatchIsNotDone() throws Exception {
        try (Socket socket = server.connect()) {
            socket.getOutputStream().write(ascii("GET /v1/watch HTTP/1.1\r\nhost: localhost\r\n\r\n"));
            assertEquals('H', socket.getInputStream().read());
            socket.getOutputStream()
                    .write(ascii("PUT /v1/kv/behind HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\n1"
                            .repeat(1_000)));
            assertEquals(404, server.get("/v1/kv/behind").statusCode());
        }
        RestServer.await("the watch is closed", () -> server.api.admission().watches() == 0);
        assertEquals(404, server.get("/v1/kv/behind").statusCode());
        server.assertIdle();
    }

    /** More than is held for one connection: some are done, in order, and it ends behind the last response. */
    @Test
    void tooManyRequestsAtOnceEndTheConnection() throws Exception {
        String put = "PUT /v1/kv/%d HTTP/1.1\r\nhost: localhost\r\ncontent-length: 60000\r\n\r\n" + "v".repeat(60_000);
        String responses = server.exchange(put.formatted(0)
                + put.formatted(1)
                + put.formatted(2).replace("host: localhost", "host: localhost\r\nconnection: close"));
        int done = responses.split("HTTP/1.1 201 ", -1).length - 1;
        for (int i = 0; i < 3; i++) {
            assertEquals(i < done ? 200 : 404, server.get("/v1/kv/" + i).statusCode(), responses);
        }
        server.assertIdle();
    }

    @Test
    void requestsFollowEachOtherOnOneConnection() throws Exception {
        try (Socket socket = server.connect()) {
            for (int i = 0; i < 3; i++) {
                socket.getOutputStream()
                        .write(
                                ascii(
                                        "PUT /v1/kv/" + i
                                                + " HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\n1"));
                assertEquals("HTTP/1.1 100 Continue", head(socket));
                assertEquals("HTTP/1.1 201 Created", head(socket));
            }
        }
        server.assertIdle();
    }

    /** @return the status line of a response without a body */
    private static String head(Socket socket) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.indexOf("\r\n\r\n") < 0) {
            int next = socket.getInputStream().read();
            assertTrue(next >= 0, () -> "the connection ended after: " + text);
            text.append((char) next);
        }
        return text.substring(0, text.indexOf("\r\n"));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
