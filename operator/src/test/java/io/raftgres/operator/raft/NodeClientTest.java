package io.raftgres.operator.raft;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.operator.raft.NodeResponse.Contact;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Calls to nodes that are silent, slow, or send too much. */
class NodeClientTest {

    private static final String ADDRESS = "127.0.0.1";
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /** Sends a response to each connection. */
    private interface Responder {
        void respond(Socket connection) throws Exception;
    }

    private static ServerSocket serve(Responder responder) throws IOException {
        ServerSocket server = new ServerSocket(0, 10, InetAddress.getByName(ADDRESS));
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try (Socket connection = server.accept()) {
                    responder.respond(connection);
                } catch (Exception e) {
                    // The client has closed the connection, or the test has closed the server.
                }
            }
        });
        return server;
    }

    private static void send(Socket connection, String status, String more) throws IOException {
        connection.getOutputStream().write(("HTTP/1.1 " + status + "\r\n" + more).getBytes(UTF_8));
        connection.getOutputStream().flush();
    }

    /** Sends the headers, a part of the body, and then nothing more until the client closes the connection. */
    private static void stall(Socket connection) throws IOException {
        send(connection, "200 OK", "Content-Length: 1000\r\n\r\n{");
        // Ends when the client has closed the connection.
        connection.getInputStream().transferTo(OutputStream.nullOutputStream());
    }

    private static NodeResponse.Silent silent(int port) {
        return assertInstanceOf(
                NodeResponse.Silent.class,
                assertTimeoutPreemptively(PATIENCE, () -> new NodeClient(port).look(ADDRESS)));
    }

    @Test
    void aBodyThatStallsEndsWithTheTimeout() throws Exception {
        try (ServerSocket server = serve(NodeClientTest::stall)) {
            NodeResponse.Silent silent = silent(server.getLocalPort());
            assertEquals("no response within 2 s", silent.reason());
            assertEquals(Contact.NONE, silent.contact());
        }
    }

    @Test
    void aBodyWithoutEndIsRefused() throws Exception {
        try (ServerSocket server = serve(connection -> {
            send(connection, "200 OK", "\r\n");
            byte[] part = " ".repeat(8192).getBytes(UTF_8);
            while (true) {
                connection.getOutputStream().write(part);
            }
        })) {
            NodeResponse.Silent silent = silent(server.getLocalPort());
            assertTrue(silent.reason().contains("exceed"), silent.reason());
            assertEquals(Contact.NONE, silent.contact());
        }
    }

    @Test
    void onlyTheErrorOfANodeShowsThatItServesNoCluster() throws Exception {
        String problem = "{\"detail\":\"PostgreSQL is unavailable\"}";
        assertEquals(
                new NodeResponse.Silent("PostgreSQL is unavailable", Contact.ERROR),
                silent("503 Service Unavailable", "application/problem+json;charset=UTF-8", problem));
        assertEquals(
                new NodeResponse.Silent("status 503", Contact.NONE),
                silent("503 Service Unavailable", "text/plain", "no healthy upstream"));
        assertEquals(
                new NodeResponse.Silent("status 403", Contact.NONE),
                silent("403 Forbidden", "application/json", "null"));
    }

    @Test
    void anotherProgramAtThePortIsNoNode() throws Exception {
        String member = "{\"id\":\"1\",\"name\":\"c-0\",\"role\":\"leader\"}";
        for (String body : new String[] {
            "{}",
            "null",
            "{\"clusterId\":\"k\",\"self\":\"1\",\"members\":[null]}",
            "{\"clusterId\":\"k\",\"self\":\"1\",\"members\":[" + member + "]}"
        }) {
            assertEquals(
                    new NodeResponse.Silent("its response is not that of a node of Raftgres", Contact.NONE),
                    silent("200 OK", "application/json", body),
                    body);
        }
    }

    private static NodeResponse.Silent silent(String status, String type, String body) throws Exception {
        try (ServerSocket server = serve(connection -> send(
                connection,
                status,
                "Content-Type: " + type + "\r\nContent-Length: " + body.length() + "\r\nConnection: close\r\n\r\n"
                        + body))) {
            return silent(server.getLocalPort());
        }
    }

    @Test
    void aPodWithoutAProcessRefusesTheConnection() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(ADDRESS))) {
            port = free.getLocalPort();
        }
        assertEquals(new NodeResponse.Silent("no connection", Contact.REFUSED), silent(port));
    }

    @Test
    void whatIsKnownOfASilentNode() {
        assertEquals(
                "no connection within 2 s", NodeClient.silence(new HttpConnectTimeoutException("connect timed out")));
        assertEquals("no response within 2 s", NodeClient.silence(new HttpTimeoutException("request timed out")));
        assertEquals("no connection", NodeClient.silence(new ConnectException()));
        assertEquals("too long", NodeClient.silence(new IOException("too long")));
        assertEquals("java.io.IOException", NodeClient.silence(new IOException()));
    }
}
