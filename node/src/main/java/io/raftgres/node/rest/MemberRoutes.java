package io.raftgres.node.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import io.raftgres.node.kv.ClusterVersion;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.node.service.membership.ClusterAdmin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/** Changes of the cluster: /v1/members and /v1/leader. Every node accepts them, and the leader carries them out. */
final class MemberRoutes {

    /** Names and addresses fit into this. */
    private static final int MAX_BODY_BYTES = 4096;

    /** Time limit of a change, unless the client sets another one. A change may include a leadership transfer. */
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private static final Set<String> TRANSFER_PARAMETERS = Set.of("target");

    private final RestApi api;

    MemberRoutes(RestApi api) {
        this.api = api;
    }

    void add(RestExchange exchange) {
        String header = exchange.request.getHeader(ClusterVersion.HEADER);
        Integer reads = header == null
                ? null
                : (int) Query.parseNumber(header, 0, Integer.MAX_VALUE, "header " + ClusterVersion.HEADER);
        exchange.query(Set.of());
        withBody(exchange, SmallObject.of("name", "peerAddress", "clientAddress", "replace"), (body, timeout) -> {
            ClusterAdmin.NewMember member = new ClusterAdmin.NewMember(
                    body.required("name"),
                    body.required("peerAddress"),
                    body.required("clientAddress"),
                    body.flag("replace"),
                    reads);
            ClusterAdmin.Added added = exchange.service().admin().add(member, timeout);
            return new Reply(added.created() ? 201 : 200, json -> {
                json.writeStringField("clusterId", added.clusterId());
                json.writeFieldName("member");
                ClusterRoute.write(json, added.member());
                json.writeArrayFieldStart("members");
                for (ClusterView.MemberView each : added.members()) {
                    ClusterRoute.write(json, each);
                }
                json.writeEndArray();
            });
        });
    }

    void promote(RestExchange exchange) {
        String member = member(exchange, Route.PROMOTE_SUFFIX);
        withoutBody(
                exchange, timeout -> member("member", exchange.service().admin().promote(member, timeout)));
    }

    void update(RestExchange exchange) {
        String member = member(exchange, "");
        exchange.query(Set.of());
        withBody(exchange, SmallObject.of("peerAddress", "clientAddress"), (body, timeout) -> {
            String peer = body.text("peerAddress");
            String client = body.text("clientAddress");
            if (peer == null && client == null) {
                throw Problem.invalid("say what to change: peerAddress, clientAddress or both");
            }
            return member("member", exchange.service().admin().update(member, peer, client, timeout));
        });
    }

    void remove(RestExchange exchange) {
        String member = member(exchange, "");
        withoutBody(
                exchange,
                timeout -> member("removed", exchange.service().admin().remove(member, timeout)));
    }

    /** The target may be in the query: kubectl sends no content type through the API server. */
    void transfer(RestExchange exchange) {
        byte[] named = exchange.query(TRANSFER_PARAMETERS).bytes("target");
        withBody(exchange, SmallObject.of("target"), (body, timeout) -> {
            String target = body.text("target");
            if (named != null && target != null) {
                throw Problem.invalid("name the target in the query or in the body, not in both");
            }
            ClusterView.Leader leader = exchange.service()
                    .admin()
                    .transferLeadership(named == null ? target : new String(named, StandardCharsets.UTF_8), timeout);
            return new Reply(200, json -> {
                json.writeObjectFieldStart("leader");
                json.writeStringField("id", leader.id());
                json.writeStringField("name", leader.name());
                json.writeEndObject();
            });
        });
    }

    private interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    private record Reply(int status, Fields fields) {}

    private interface Work {
        Reply run(SmallObject body, Duration timeout);
    }

    private static Reply member(String field, ClusterView.MemberView member) {
        return new Reply(200, json -> {
            json.writeFieldName(field);
            ClusterRoute.write(json, member);
        });
    }

    /** @return the member that the path names, by name or id */
    private static String member(RestExchange exchange, String suffix) {
        String path = exchange.request.path();
        byte[] name = Percent.decode(
                path, Route.MEMBER_PREFIX.length(), path.length() - suffix.length(), "the member in the path");
        if (name.length == 0) {
            throw Problem.invalid("name a member: " + Route.MEMBER_PREFIX + "{member}");
        }
        return new String(name, StandardCharsets.UTF_8);
    }

    /** The caller has checked the query. */
    private void withBody(RestExchange exchange, SmallObject known, Work work) {
        Accept.require(exchange.request, RangeWriter.JSON);
        Duration timeout = timeout(exchange);
        KeyRoutes.refuseContentEncoding(exchange);
        new BodyReader(exchange, api, "the request", MAX_BODY_BYTES, bytes -> {
                    // Only now: a body in chunks, as proxies send it, may turn out to be empty.
                    if (bytes.length > 0) {
                        TxnRoute.requireJson(exchange, "the request");
                    }
                    SmallObject body = known.parse(bytes);
                    run(exchange, () -> work.run(body, timeout));
                })
                .start();
    }

    private void withoutBody(RestExchange exchange, Function<Duration, Reply> work) {
        exchange.query(Set.of());
        Accept.require(exchange.request, RangeWriter.JSON);
        Duration timeout = timeout(exchange);
        run(exchange, () -> work.apply(timeout));
    }

    private static Duration timeout(RestExchange exchange) {
        return exchange.timeout(TIMEOUT);
    }

    private static void run(RestExchange exchange, Supplier<Reply> work) {
        exchange.offload("rest-members", () -> {
            Reply reply = work.get();
            exchange.onLoop(() -> {
                exchange.response.setStatusCode(reply.status());
                JsonResponse.send(exchange, null, json -> {
                    json.writeStartObject();
                    reply.fields().write(json);
                    json.writeEndObject();
                });
            });
        });
    }
}
