package io.raftgres.node.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedPortTest {

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private final TestGateway gateway = new TestGateway();

    @AfterEach
    void close() {
        gateway.close();
    }

    @Test
    void grpcAndHttpShareOnePort() {
        assertServes();
    }

    private void assertServes() {
        ManagedChannel channel = NettyChannelBuilder.forAddress("localhost", gateway.server.port())
                .usePlaintext()
                .build();
        try {
            KVGrpc.newBlockingStub(channel)
                    .put(PutRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("foo"))
                            .setValue(ByteString.copyFrom(new byte[1_000_000]))
                            .build());
        } finally {
            channel.shutdownNow();
        }
        assertEquals(200, gateway.get("/version").statusCode());
    }

    @Test
    void aPrefaceThatComesByteByByteIsOne() throws Exception {
        try (Socket socket = gateway.connect()) {
            for (byte each : PREFACE.getBytes(StandardCharsets.US_ASCII)) {
                socket.getOutputStream().write(each);
                Thread.sleep(2);
            }
            // The server's settings: a frame of type 4 on stream 0.
            byte[] header = socket.getInputStream().readNBytes(9);
            assertEquals(4, header[3]);
        }
    }

    @Test
    void aRequestThatComesByteByByteIsOne() throws Exception {
        try (Socket socket = gateway.connect()) {
            for (byte each : "PRINT /x HTTP/1.1\r\nConnection: close\r\n\r\n"
                    .substring(0, 3)
                    .getBytes()) {
                socket.getOutputStream().write(each);
                Thread.sleep(2);
            }
            socket.getOutputStream().write("X / HTTP/1.1\r\nConnection: close\r\n\r\n".getBytes());
            assertTrue(new String(socket.getInputStream().readAllBytes()).contains("404 page not found"));
        }
    }

    @Test
    void garbageEndsOnlyItsConnection() throws IOException {
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            byte[] bytes = new byte[1 + random.nextInt(400)];
            random.nextBytes(bytes);
            String garbage = new String(bytes, StandardCharsets.ISO_8859_1);
            switch (i % 4) {
                case 0 -> send(garbage);
                case 1 -> send(PREFACE + garbage);
                case 2 -> send(PREFACE.substring(0, 4 + random.nextInt(20)) + garbage);
                default -> send("POST /v3/kv/put HTTP/1.1\r\n" + garbage);
            }
        }
        assertServes();
    }

    private void send(String bytes) throws IOException {
        try (Socket socket = gateway.connect()) {
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().write("\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            socket.getInputStream().readAllBytes();
        } catch (java.net.SocketException e) {
            // The connection was closed before the client had read everything.
        }
    }

    @Test
    void malformedRequestIsRefused() throws IOException {
        assertTrue(gateway.raw("GARBAGE\r\n\r\n").startsWith("HTTP/1.1 400 Bad Request"));
        assertTrue(
                gateway.raw("GET /" + "x".repeat(20_000) + " HTTP/1.1\r\n\r\n").startsWith("HTTP/1.1 414"));
        assertTrue(gateway.raw("GET / HTTP/1.1\r\nX: " + "x".repeat(40_000) + "\r\n\r\n")
                .startsWith("HTTP/1.1 431"));
        assertTrue(gateway.raw("POST /v3/kv/put HTTP/1.1\r\nContent-Length: x\r\n\r\n")
                .startsWith("HTTP/1.1 400"));
        assertTrue(gateway.raw("POST /v3/kv/put HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
                .isEmpty());
        assertServes();
    }
}
