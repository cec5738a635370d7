package io.raftgres.node.etcd;

import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.rest.MemoryKvService;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.node.web.BrowserRules;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** etcd's API over a store in memory, with an HTTP client. */
public final class TestGateway implements AutoCloseable {

    public final MemoryKvService service;
    public final EtcdServer server;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public TestGateway() {
        this(EtcdOptions.defaults());
    }

    public TestGateway(EtcdOptions options) {
        this(options, new MemoryKvService(), NodeMemory.ofThisProcess());
    }

    public TestGateway(EtcdOptions options, MemoryKvService service, NodeMemory memory) {
        this(options, service, memory, NodeTls.off());
    }

    public TestGateway(EtcdOptions options, MemoryKvService service, NodeMemory memory, NodeTls tls) {
        this.service = service;
        server = new EtcdServer(
                new InetSocketAddress("localhost", 0),
                service,
                options,
                new Telemetry("0.1.0", () -> "a_metric 1\n", Telemetry.NONE.calls(), Telemetry.NONE.bytes()),
                BrowserRules.strict(),
                memory,
                tls);
        try {
            server.start();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    public HttpResponse<String> post(String path, String json) {
        return send(
                request(path).POST(HttpRequest.BodyPublishers.ofString(json)).build());
    }

    public HttpResponse<String> get(String path) {
        return send(request(path).GET().build());
    }

    public HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path))
                .timeout(Duration.ofSeconds(20));
    }

    public HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public Socket connect() throws IOException {
        Socket socket = new Socket("localhost", server.port());
        socket.setSoTimeout(20_000);
        return socket;
    }

    /** Sends bytes and reads until the server ends the connection. */
    public String raw(String bytes) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @Override
    public void close() {
        server.close();
        service.close();
        http.shutdownNow();
    }
}
