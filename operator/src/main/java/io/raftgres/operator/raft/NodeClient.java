package io.raftgres.operator.raft;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.raftgres.operator.raft.NodeResponse.Contact;
import io.raftgres.operator.resource.Names;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Calls the admin API of the nodes. Every call has a timeout for its whole response, which has a maximal length. */
@ApplicationScoped
public class NodeClient {

    private static final Duration LOOK = Duration.ofSeconds(2);
    private static final Duration CHANGE = Duration.ofSeconds(20);
    /** A short one: nothing but the address waits for it, and the operator tries again. */
    private static final Duration ADVERTISE = Duration.ofSeconds(5);

    private static final int RESPONSE_BYTES_MAX = 256 * 1024;
    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /** @param reason machine-readable, given by an unavailable node */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Problem(String type, String title, String detail, String reason) {}

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(LOOK)
            .build();

    private final int port;

    public NodeClient() {
        this(Names.HTTP_PORT);
    }

    NodeClient(int port) {
        this.port = port;
    }

    /** @param ip of the node's pod */
    public NodeResponse look(String ip) throws InterruptedException {
        try {
            HttpResponse<byte[]> response =
                    send(request(ip, "/v1/cluster", LOOK).GET().build());
            if (response.statusCode() == 200) {
                NodeResponse.ClusterView view = JSON.readValue(response.body(), NodeResponse.ClusterView.class);
                return view != null && view.isWhole()
                        ? new NodeResponse.View(view)
                        : new NodeResponse.Silent("its response is not that of a node of Raftgres", Contact.NONE);
            }
            Problem problem = problem(response);
            return "member-removed".equals(problem.reason())
                    ? new NodeResponse.Removed()
                    : new NodeResponse.Silent(text(problem, response), contact(response));
        } catch (IOException e) {
            boolean refused = e instanceof ConnectException && isRefused(ip);
            return new NodeResponse.Silent(silence(e), refused ? Contact.REFUSED : Contact.NONE);
        }
    }

    /** A proxy between the operator and the node, such as that of a service mesh, sends errors of another type. */
    private static Contact contact(HttpResponse<?> response) {
        return response.headers()
                .firstValue("Content-Type")
                .filter(type -> type.startsWith("application/problem+json"))
                .map(type -> Contact.ERROR)
                .orElse(Contact.NONE);
    }

    /**
     * Removes a member permanently. A member that the cluster no longer knows counts as removed.
     *
     * @param ip of any node; it forwards the request to the leader
     * @throws IOException when it was refused, or is not known to be done
     */
    public void remove(String ip, String memberId) throws IOException, InterruptedException {
        String path = "/v1/members/" + URLEncoder.encode(memberId, StandardCharsets.UTF_8);
        HttpResponse<byte[]> response = send(request(ip, path, CHANGE).DELETE().build());
        if (response.statusCode() != 404) {
            requireDone(response, "removing member " + memberId);
        }
    }

    /**
     * Transfers leadership to another member.
     *
     * @throws IOException when it was refused, or is not known to be done
     */
    public void transfer(String ip, String target) throws IOException, InterruptedException {
        HttpRequest request = request(ip, "/v1/leader", CHANGE)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(Map.of("target", target))))
                .build();
        requireDone(send(request), "transferring leadership to " + target);
    }

    /**
     * Changes the address that a member advertises to clients. It is in the log, so the member does not restart.
     *
     * @param ip of any node; it forwards the request to the leader
     * @throws IOException when it was refused, or is not known to be done
     */
    public void advertise(String ip, String memberId, String clientAddress) throws IOException, InterruptedException {
        String path = "/v1/members/" + URLEncoder.encode(memberId, StandardCharsets.UTF_8);
        HttpRequest request = request(ip, path, ADVERTISE)
                .header("Content-Type", "application/json")
                .method(
                        "PATCH",
                        HttpRequest.BodyPublishers.ofString(
                                JSON.writeValueAsString(Map.of("clientAddress", clientAddress))))
                .build();
        requireDone(send(request), "advertising " + clientAddress);
    }

    /** Describes the failure without a guess at its cause: a busy node is as silent as one behind a network policy. */
    static String silence(IOException e) {
        return switch (e) {
            case HttpConnectTimeoutException it -> "no connection within " + LOOK.toSeconds() + " s";
            case HttpTimeoutException it -> "no response within " + LOOK.toSeconds() + " s";
            case ConnectException it -> "no connection";
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }

    /**
     * Whether the connection is refused. The HTTP client hides the difference to an address without a route.
     */
    private boolean isRefused(String ip) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(ip, port), Math.toIntExact(LOOK.toMillis()));
            return false;
        } catch (ConnectException e) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private HttpRequest.Builder request(String ip, String path, Duration timeout) {
        String host = ip.contains(":") ? "[" + ip + "]" : ip;
        return HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + path))
                .timeout(timeout)
                .header("Accept", "application/json");
    }

    private HttpResponse<byte[]> send(HttpRequest request) throws IOException, InterruptedException {
        // The timeout of a request ends with the headers of its response. This one includes the body.
        Duration limit = request.timeout().orElseThrow();
        CompletableFuture<HttpResponse<byte[]>> response =
                http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), RESPONSE_BYTES_MAX));
        try {
            return response.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new HttpTimeoutException("no whole response within " + limit.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        } finally {
            // Without effect on a complete response. Otherwise it ends the connection.
            response.cancel(true);
        }
    }

    private static void requireDone(HttpResponse<byte[]> response, String what) throws IOException {
        if (response.statusCode() / 100 != 2) {
            throw new IOException(what + " was refused: " + text(problem(response), response));
        }
    }

    private static Problem problem(HttpResponse<byte[]> response) throws IOException {
        Problem unknown = new Problem(null, null, null, null);
        try {
            return Objects.requireNonNullElse(JSON.readValue(response.body(), Problem.class), unknown);
        } catch (JsonProcessingException e) {
            return unknown;
        }
    }

    private static String text(Problem problem, HttpResponse<byte[]> response) {
        return problem.detail() != null ? problem.detail() : "status " + response.statusCode();
    }
}
