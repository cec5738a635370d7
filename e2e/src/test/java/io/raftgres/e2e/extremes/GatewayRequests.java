package io.raftgres.e2e.extremes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;

/** The messages of {@link GrpcRequests} as JSON, at the paths of etcd's gateway. */
final class GatewayRequests {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    /** gRPC's code of an internal failure. */
    private static final int INTERNAL = 13;

    private static final int UNKNOWN = 2;

    private static final Map<String, String> PATHS = Map.ofEntries(
            Map.entry("Range", "kv/range"),
            Map.entry("Put", "kv/put"),
            Map.entry("DeleteRange", "kv/deleterange"),
            Map.entry("Txn", "kv/txn"),
            Map.entry("Compact", "kv/compaction"),
            Map.entry("LeaseGrant", "lease/grant"),
            Map.entry("LeaseRevoke", "lease/revoke"),
            Map.entry("LeaseTimeToLive", "lease/timetolive"),
            Map.entry("LeaseLeases", "lease/leases"),
            Map.entry("MemberAdd", "cluster/member/add"),
            Map.entry("MemberRemove", "cluster/member/remove"),
            Map.entry("MemberUpdate", "cluster/member/update"),
            Map.entry("MemberList", "cluster/member/list"),
            Map.entry("MemberPromote", "cluster/member/promote"),
            Map.entry("Alarm", "maintenance/alarm"),
            Map.entry("Status", "maintenance/status"),
            Map.entry("Hash", "maintenance/hash"),
            Map.entry("HashKV", "maintenance/hashkv"),
            Map.entry("Downgrade", "maintenance/downgrade"),
            Map.entry("AuthEnable", "auth/enable"),
            Map.entry("AuthDisable", "auth/disable"),
            Map.entry("AuthStatus", "auth/status"),
            Map.entry("Authenticate", "auth/authenticate"),
            Map.entry("UserAdd", "auth/user/add"),
            Map.entry("UserGet", "auth/user/get"),
            Map.entry("UserList", "auth/user/list"),
            Map.entry("UserDelete", "auth/user/delete"),
            Map.entry("UserChangePassword", "auth/user/changepw"),
            Map.entry("UserGrantRole", "auth/user/grant"),
            Map.entry("UserRevokeRole", "auth/user/revoke"),
            Map.entry("RoleAdd", "auth/role/add"),
            Map.entry("RoleGet", "auth/role/get"),
            Map.entry("RoleList", "auth/role/list"),
            Map.entry("RoleDelete", "auth/role/delete"),
            Map.entry("RoleGrantPermission", "auth/role/grant"),
            Map.entry("RoleRevokePermission", "auth/role/revoke"),
            Map.entry("Unlock", "lock/unlock"),
            Map.entry("Leader", "election/leader"),
            Map.entry("Proclaim", "election/proclaim"),
            Map.entry("Resign", "election/resign"));

    private final Values values;
    private final GrpcRequests requests;
    private final HttpClient http;

    GatewayRequests(Values values, HttpClient http) {
        this.values = values;
        this.requests = new GrpcRequests(values);
        this.http = http;
    }

    /** @param endpoint host:port of etcd's API */
    Outcome send(String endpoint) throws IOException, InterruptedException {
        GrpcRequests.Asked asked = requests.next();
        while (!PATHS.containsKey(asked.method().getBareMethodName())) {
            asked = requests.next();
        }
        String json = Json.of(asked.request());
        if (values.chance(0.03)) {
            json = json.substring(0, values.below(json.length()));
        }
        String path = PATHS.get(asked.method().getBareMethodName());
        URI uri = URI.create("http://" + endpoint + "/v3/" + path);
        HttpResponse<InputStream> response = http.send(
                HttpRequest.newBuilder(uri)
                        .timeout(TIMEOUT)
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json))
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            String said = response.statusCode() < 400 ? null : new String(body.readAllBytes());
            body.skip(Long.MAX_VALUE);
            return Outcome.of(
                    "gateway " + path,
                    Integer.toString(response.statusCode()),
                    response.statusCode() >= 500 && isFailure(said),
                    said,
                    json);
        }
    }

    private static boolean isFailure(String said) {
        try {
            JsonNode problem = MAPPER.readTree(said);
            int code = problem.path("code").asInt(INTERNAL);
            return code == INTERNAL
                    || code == UNKNOWN && problem.path("message").asText().isBlank();
        } catch (IOException e) {
            return true;
        }
    }
}
