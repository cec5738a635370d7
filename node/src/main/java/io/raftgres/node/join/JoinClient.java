package io.raftgres.node.join;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.kv.ClusterVersion;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jboss.logging.Logger;

/** Lets a node that is not (yet) a member use a cluster's REST API. Blocking; an interrupt ends it. */
public final class JoinClient implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(JoinClient.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration LOOK_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(15);
    private static final long RETRY_MILLIS = 500;

    private final List<String> urls;
    private final HttpClient http;

    /**
     * @param urls client URLs of members, some of which may be down
     * @param context for URLs with https; null: the JDK's own
     */
    public JoinClient(Collection<String> urls, SSLContext context) {
        HttpClient.Builder client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_TIMEOUT);
        if (context != null) {
            client.sslContext(context);
        }
        this.http = client.build();
        this.urls = urls.stream()
                .map(url -> url.endsWith("/") ? url.substring(0, url.length() - 1) : url)
                .distinct()
                .toList();
    }

    /**
     * Requests to join, until a member accepts or refuses.
     *
     * @param own name and addresses
     * @param patience how long to repeat a refused request: a replacement has to wait until the old member counts as
     *     missing
     * @return the node's identity, and the members
     * @throws IOException when the cluster refuses; the message gives the reason and the next step
     */
    public Bootstrap join(Member own, Duration patience) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        String logged = null;
        while (true) {
            String trouble = "";
            for (String url : urls) {
                try {
                    HttpResponse<byte[]> response = http.send(
                            HttpRequest.newBuilder(URI.create(url + "/v1/members"))
                                    .timeout(JOIN_TIMEOUT)
                                    .header("content-type", "application/json")
                                    .header(ClusterVersion.HEADER, Integer.toString(ClusterVersion.LATEST))
                                    .POST(HttpRequest.BodyPublishers.ofByteArray(request(own)))
                                    .build(),
                            HttpResponse.BodyHandlers.ofByteArray());
                    if (response.statusCode() == 200 || response.statusCode() == 201) {
                        return joined(JSON.readTree(response.body()));
                    }
                    String detail = detail(response);
                    boolean refused = response.statusCode() < 500 && response.statusCode() != 429;
                    if (refused && System.nanoTime() - begun > patience.toNanos()) {
                        throw new RefusedException("the cluster at " + url + " refuses this node: " + detail);
                    }
                    trouble = url + ": " + detail;
                } catch (RefusedException e) {
                    throw e;
                } catch (IOException e) {
                    trouble = url + " does not respond (" + describe(e) + ")";
                } catch (IllegalArgumentException e) {
                    trouble = "'" + url + "' is not the URL of a member (" + e.getMessage() + ")";
                }
            }
            if (!trouble.equals(logged)) {
                LOG.infof("waiting to join the cluster: %s", trouble);
                logged = trouble;
            }
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        }
    }

    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    private static byte[] request(Member own) throws IOException {
        ObjectNode request = JSON.createObjectNode();
        request.put("name", own.name())
                .put("peerAddress", own.peerAddress())
                .put("clientAddress", own.clientAddress())
                .put("replace", true);
        return JSON.writeValueAsBytes(request);
    }

    private static Bootstrap joined(JsonNode response) throws IOException {
        try {
            List<Member> members = new ArrayList<>();
            response.required("members").forEach(each -> members.add(member(each)));
            long self = HexFormat.fromHexDigitsToLong(
                    response.required("member").required("id").asText());
            Membership membership = Membership.of(members);
            Member own = membership.member(self).orElseGet(() -> member(response.get("member")));
            return new Bootstrap(
                    HexFormat.fromHexDigitsToLong(response.required("clusterId").asText()), own, membership.with(own));
        } catch (IllegalArgumentException e) {
            throw new IOException("the cluster's response is invalid: " + e.getMessage(), e);
        }
    }

    /**
     * The addresses are used as the log has them, without a check: one member's invalid address must not exclude
     * others.
     */
    private static Member member(JsonNode json) {
        return new Member(
                HexFormat.fromHexDigitsToLong(json.required("id").asText()),
                json.required("name").asText(),
                json.required("voter").asBoolean(),
                json.required("peerAddress").asText(),
                json.required("clientAddress").asText());
    }

    /**
     * @return whether a member knows this one already; such a member has made promises under its identity, and must not
     *     return under it without its data
     */
    public boolean knows(long memberId) throws InterruptedException {
        String id = HexFormat.of().toHexDigits(memberId);
        for (String url : urls) {
            Optional<JsonNode> cluster = look(url);
            if (cluster.isPresent()) {
                for (JsonNode known : cluster.get().path("knownMembers")) {
                    if (known.asText().equals(id)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private Optional<JsonNode> look(String url) throws InterruptedException {
        try {
            HttpResponse<byte[]> response = http.send(
                    HttpRequest.newBuilder(URI.create(url + "/v1/cluster"))
                            .timeout(LOOK_TIMEOUT)
                            .GET()
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            return response.statusCode() == 200 ? Optional.of(JSON.readTree(response.body())) : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static String detail(HttpResponse<byte[]> response) {
        try {
            String detail = JSON.readTree(response.body()).path("detail").asText();
            return detail.isEmpty() ? "HTTP status " + response.statusCode() : detail;
        } catch (IOException e) {
            return "HTTP status " + response.statusCode();
        }
    }

    private static String describe(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
