package io.raftgres.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * A client of one cluster. Safe for any number of threads, also virtual threads: every method blocks until there is a
 * result or its time is over. Share one client; it keeps its connections open.
 *
 * <p>All methods throw {@link RaftgresException.NotDone} when nothing was done in time, {@link
 * RaftgresException.BadRequest} and {@link RaftgresException.TooLarge} for requests that the cluster refuses. Writes
 * also throw {@link RaftgresException.OutcomeUnknown}; changes of members and leader also {@link
 * RaftgresException.MemberNotFound} and {@link RaftgresException.Refused}.
 */
public final class RaftgresClient implements AutoCloseable {

    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);

    private final Shared shared;
    private final Duration timeout;

    private record Shared(
            HttpClient http, ObjectMapper json, Endpoints endpoints, Attempts attempts, Streams streams) {}

    private RaftgresClient(Shared shared, Duration timeout) {
        this.shared = shared;
        this.timeout = timeout;
    }

    /** @return a context that trusts these CAs, a PEM file, and shows no certificate */
    public static SSLContext trusting(Path cacert) {
        return new ClientTls(cacert, null, null, false).context();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Builds a client. At least one endpoint is required. */
    public static final class Builder {
        private final List<URI> endpoints = new ArrayList<>();
        private Duration timeout = DEFAULT_TIMEOUT;
        private boolean preferLeader;
        private ClientTls tls = ClientTls.NONE;

        private Builder() {}

        /**
         * @param endpoint {@code http://host:port} or {@code host:port} of a node; one is enough, several are better
         */
        public Builder endpoint(String endpoint) {
            endpoints.add(Endpoints.parse(endpoint));
            return this;
        }

        public Builder endpoints(List<String> several) {
            several.forEach(this::endpoint);
            return this;
        }

        /** @param total time limit of each operation with all its attempts; by default {@link #DEFAULT_TIMEOUT} */
        public Builder timeout(Duration total) {
            this.timeout = checked(total);
            return this;
        }

        /**
         * Sends writes to the leader when it is known, which saves a hop. Otherwise the client sends everything to one
         * node that answers.
         */
        public Builder preferLeader(boolean prefer) {
            this.preferLeader = prefer;
            return this;
        }

        /** @param file PEM file of the CAs of the nodes' certificates; by default those that the JDK knows */
        public Builder cacert(Path file) {
            this.tls = new ClientTls(file, tls.cert(), tls.key(), tls.skipVerify());
            return this;
        }

        /** @param cert PEM file of this client's certificate; key: PEM file of its private key (PKCS#8) */
        public Builder certificate(Path cert, Path key) {
            this.tls = new ClientTls(tls.cacert(), cert, key, tls.skipVerify());
            return this;
        }

        /** @param skip true: any certificate of a node is good; for tests alone, because anyone can be the node then */
        public Builder insecureSkipTlsVerify(boolean skip) {
            this.tls = new ClientTls(tls.cacert(), tls.cert(), tls.key(), skip);
            return this;
        }

        /**
         * @throws IllegalArgumentException when there is no endpoint, or a file of certificates cannot be used
         */
        public RaftgresClient build() {
            HttpClient.Builder client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(1))
                    .followRedirects(HttpClient.Redirect.NEVER);
            if (!tls.isDefault()) {
                client.sslContext(tls.context());
            } else if (!preferLeader && endpoints.stream().allMatch(uri -> "http".equals(uri.getScheme()))) {
                client.sslContext(noTls());
            }
            HttpClient http = client.build();
            ObjectMapper json = new ObjectMapper();
            Endpoints all = new Endpoints(endpoints);
            LeaderFinder leaders = new LeaderFinder(http, json, all, preferLeader);
            Attempts attempts = new Attempts(json, all, leaders);
            return new RaftgresClient(new Shared(http, json, all, attempts, new Streams(http)), timeout);
        }

        /**
         * Without TLS no certificates are needed; loading the system's would take a third of a short command's time.
         */
        private static SSLContext noTls() {
            try {
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(new KeyManager[0], new TrustManager[0], null);
                return context;
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every JDK has TLS", e);
            }
        }

        private static Duration checked(Duration total) {
            if (total.isNegative() || total.toMillis() < 1) {
                throw new IllegalArgumentException("the timeout must be at least 1 ms");
            }
            return total;
        }
    }

    /** @return this client with another timeout for each operation; closing either closes both */
    public RaftgresClient withTimeout(Duration total) {
        return new RaftgresClient(shared, Builder.checked(total));
    }

    public List<URI> endpoints() {
        return shared.endpoints().uris();
    }

    public GetResult get(byte[] key) {
        return get(key, Consistency.LINEARIZABLE);
    }

    public GetResult get(String key) {
        return get(utf8(key));
    }

    public GetResult get(byte[] key, Consistency consistency) {
        String query = consistency == Consistency.LOCAL ? "?consistency=local" : "";
        HttpResponse<byte[]> response = send(Call.read(path(key) + query));
        long revision = Responses.revision(response);
        return switch (response.statusCode()) {
            case 200 -> new GetResult(revision, Responses.row(key, response));
            case 404 -> new GetResult(revision, null);
            default -> throw Responses.unexpected(response);
        };
    }

    public PutResult put(byte[] key, byte[] value) {
        HttpResponse<byte[]> response = send(write("PUT", path(key), value, Map.of()));
        return switch (response.statusCode()) {
            case 201 -> new PutResult(Responses.revision(response), true, Responses.replayed(response));
            case 200, 204 -> new PutResult(Responses.revision(response), false, Responses.replayed(response));
            default -> throw Responses.unexpected(response);
        };
    }

    public PutResult put(String key, String value) {
        return put(utf8(key), utf8(value));
    }

    public DeleteResult delete(byte[] key) {
        HttpResponse<byte[]> response = send(write("DELETE", path(key), null, Map.of()));
        return switch (response.statusCode()) {
            case 200, 204 -> new DeleteResult(Responses.revision(response), 1);
            case 404 -> new DeleteResult(Responses.revision(response), 0);
            default -> throw Responses.unexpected(response);
        };
    }

    public DeleteResult delete(String key) {
        return delete(utf8(key));
    }

    /** Deletes every key that begins with {@code prefix}, in one transaction; an empty prefix means every key. */
    public DeleteResult deletePrefix(byte[] prefix) {
        // The API asks for a confirmation of an empty prefix.
        String path = "/v1/kv?prefix=" + PercentEncoding.percent(prefix) + (prefix.length == 0 ? "&all=true" : "");
        JsonNode response = json(send(write("DELETE", path, null, Map.of())));
        return new DeleteResult(
                response.path("revision").asLong(), response.path("deleted").asLong());
    }

    /** @param expectedModRevision the key's modRevision; 0: the key must not exist */
    public CompareResult compareAndSet(byte[] key, long expectedModRevision, byte[] value) {
        return compared(send(write("PUT", path(key), value, condition(expectedModRevision))));
    }

    /** Deletes the key if it is still at this revision. @param expectedModRevision above 0 */
    public CompareResult compareAndDelete(byte[] key, long expectedModRevision) {
        if (expectedModRevision == 0) {
            throw new IllegalArgumentException("a key that does not exist cannot be deleted");
        }
        HttpResponse<byte[]> response = send(write("DELETE", path(key), null, condition(expectedModRevision)));
        return response.statusCode() == 404
                ? new CompareResult(false, Responses.revision(response), 0)
                : compared(response);
    }

    private static Map<String, String> condition(long modRevision) {
        return modRevision == 0 ? Map.of("If-None-Match", "*") : Map.of("If-Match", "\"" + modRevision + "\"");
    }

    private static CompareResult compared(HttpResponse<byte[]> response) {
        long modRevision = Responses.modRevision(response);
        return switch (response.statusCode()) {
            case 200, 201, 204 -> new CompareResult(true, Responses.revision(response), modRevision);
            case 412 -> new CompareResult(false, Responses.revision(response), modRevision);
            default -> throw Responses.unexpected(response);
        };
    }

    public Txn.Response txn(Txn txn) {
        try {
            byte[] body = shared.json().writeValueAsBytes(txn.toJson(shared.json()));
            HttpResponse<byte[]> response =
                    send(write("POST", "/v1/txn", body, Map.of("Content-Type", "application/json")));
            return Responses.txn(json(response), Responses.replayed(response));
        } catch (IOException e) {
            throw new IllegalStateException("JSON in memory", e);
        }
    }

    /**
     * Reads rows in key order, as they arrive: memory does not grow with the result. All rows are of one revision, also
     * when the client has to continue at another node. Close the cursor unless it was read to its end. The timeout
     * limits each wait for a row.
     */
    public RangeCursor range(RangeQuery query) {
        return new RangeCursor(shared.json(), shared.attempts(), shared.streams(), query, timeout);
    }

    /**
     * Watches the keys that begin with {@code prefix}, from now on: it sees every change after this method has
     * returned.
     *
     * @param prefix empty: all keys
     */
    public Watch watch(byte[] prefix) {
        return watch(prefix, 0);
    }

    /**
     * @param fromRevision the first revision to watch; 0: from now on
     * @throws RaftgresException.Compacted when that revision has been compacted
     */
    public Watch watch(byte[] prefix, long fromRevision) {
        return new Watch(shared.json(), shared.attempts(), shared.streams(), prefix, fromRevision, timeout);
    }

    /**
     * Discards the history below a revision, on all nodes. Reads and watches below it are refused from then on, and the
     * disk space is freed soon after.
     *
     * @param revision above the last compacted one, at most the store's revision
     * @return the oldest revision that can be read now
     * @throws RaftgresException.Compacted when the history was already compacted to this revision or above
     */
    public long compact(long revision) {
        byte[] body = utf8("{\"revision\":" + revision + "}");
        JsonNode response = json(send(write("POST", "/v1/compact", body, Map.of("Content-Type", "application/json"))));
        return response.path("compactedRevision").asLong();
    }

    /** @return the cluster's status, as one of the nodes reports it */
    public ClusterStatus cluster() {
        return read(Call.read("/v1/cluster"), ClusterStatus.class);
    }

    /**
     * Adds a member as a learner: it receives the log, but does not count in a majority until it is promoted. A
     * repeated call returns the same member as long as that member has never started.
     *
     * @param peerAddress {@code host:port} at which the other members reach it
     * @param clientAddress URL at which clients reach it
     * @param replace whether to remove an unreachable member of this name first; the new member gets another id
     */
    public AddedMember addMember(String name, String peerAddress, String clientAddress, boolean replace) {
        ObjectNode body = shared.json()
                .createObjectNode()
                .put("name", name)
                .put("peerAddress", peerAddress)
                .put("clientAddress", clientAddress)
                .put("replace", replace);
        return read(admin("POST", "/v1/members", body), AddedMember.class);
    }

    /**
     * Makes a learner a voter. The cluster refuses this while the learner is too far behind.
     *
     * @param member its name or id, as in the other methods
     */
    public ClusterStatus.Member promoteMember(String member) {
        return member(admin("POST", memberPath(member) + "/promote", null), "member");
    }

    /**
     * Changes the addresses of a member.
     *
     * @param peerAddress null: unchanged
     * @param clientAddress null: unchanged
     */
    public ClusterStatus.Member updateMember(String member, String peerAddress, String clientAddress) {
        ObjectNode body = shared.json().createObjectNode();
        if (peerAddress != null) {
            body.put("peerAddress", peerAddress);
        }
        if (clientAddress != null) {
            body.put("clientAddress", clientAddress);
        }
        return member(admin("PATCH", memberPath(member), body), "member");
    }

    /**
     * Removes a member permanently: its id never comes back. A leader transfers its leadership first.
     *
     * @return the removed member
     */
    public ClusterStatus.Member removeMember(String member) {
        return member(admin("DELETE", memberPath(member), null), "removed");
    }

    /**
     * Transfers leadership.
     *
     * @param target name or id of a voter; null: the leader chooses the best voter
     * @return the new leader
     */
    public ClusterStatus.Leader transferLeadership(String target) {
        ObjectNode body = shared.json().createObjectNode();
        if (target != null) {
            body.put("target", target);
        }
        return read(admin("POST", "/v1/leader", body), "leader", ClusterStatus.Leader.class);
    }

    /** Closes connections. Running operations and watches end with an error. */
    @Override
    public void close() {
        shared.streams().close();
        shared.http().shutdownNow();
    }

    private HttpResponse<byte[]> send(Call call) {
        return shared.attempts().run(call, timeout, Attempts.buffered(shared.http()));
    }

    private JsonNode json(HttpResponse<byte[]> response) {
        if (response.statusCode() >= 300) {
            throw Responses.unexpected(response);
        }
        try {
            return shared.json().readTree(response.body());
        } catch (IOException e) {
            throw Responses.notUnderstood(response, e);
        }
    }

    private Call admin(String method, String path, ObjectNode body) {
        try {
            return Call.admin(method, path, body == null ? null : shared.json().writeValueAsBytes(body));
        } catch (IOException e) {
            throw new IllegalStateException("JSON in memory", e);
        }
    }

    private ClusterStatus.Member member(Call call, String field) {
        return read(call, field, ClusterStatus.Member.class);
    }

    private <T> T read(Call call, Class<T> type) {
        return read(call, null, type);
    }

    /** @param field name of the part of the response to return; null for all of it */
    private <T> T read(Call call, String field, Class<T> type) {
        HttpResponse<byte[]> response = send(call);
        JsonNode body = json(response);
        JsonNode part = field == null ? body : body.path(field);
        try {
            if (!part.isObject()) {
                throw new IOException(field == null ? "it is not a JSON object" : "it has no field '" + field + "'");
            }
            return shared.json().treeToValue(part, type);
        } catch (IOException e) {
            throw Responses.notUnderstood(response, e);
        }
    }

    private static String memberPath(String member) {
        if (member.isEmpty()) {
            throw new RaftgresException.BadRequest("The name or id of a member must not be empty.");
        }
        return "/v1/members/" + PercentEncoding.percent(utf8(member));
    }

    private static Call write(String method, String path, byte[] body, Map<String, String> headers) {
        Map<String, String> all = new HashMap<>(headers);
        all.put("Idempotency-Key", UUID.randomUUID().toString());
        return new Call(method, path, body, all, Call.Kind.WRITE);
    }

    private static String path(byte[] key) {
        if (key.length == 0) {
            throw new RaftgresException.BadRequest("A key must have at least one byte.");
        }
        return "/v1/kv/" + PercentEncoding.percent(key);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
