package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.raftgres.e2e.Cluster;
import io.raftgres.etcd.api.auth.Permission;
import io.raftgres.etcd.api.etcdserver.AlarmRequest;
import io.raftgres.etcd.api.etcdserver.AuthDisableRequest;
import io.raftgres.etcd.api.etcdserver.AuthEnableRequest;
import io.raftgres.etcd.api.etcdserver.AuthGrpc;
import io.raftgres.etcd.api.etcdserver.AuthRoleAddRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleDeleteRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleGetRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleGrantPermissionRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleListRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleRevokePermissionRequest;
import io.raftgres.etcd.api.etcdserver.AuthStatusRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserAddRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserChangePasswordRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserDeleteRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserGetRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserGrantRoleRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserListRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserRevokeRoleRequest;
import io.raftgres.etcd.api.etcdserver.AuthenticateRequest;
import io.raftgres.etcd.api.etcdserver.ClusterGrpc;
import io.raftgres.etcd.api.etcdserver.CompactionRequest;
import io.raftgres.etcd.api.etcdserver.DefragmentRequest;
import io.raftgres.etcd.api.etcdserver.DeleteRangeRequest;
import io.raftgres.etcd.api.etcdserver.DowngradeRequest;
import io.raftgres.etcd.api.etcdserver.HashKVRequest;
import io.raftgres.etcd.api.etcdserver.HashRequest;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseGrantRequest;
import io.raftgres.etcd.api.etcdserver.LeaseGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveRequest;
import io.raftgres.etcd.api.etcdserver.LeaseLeasesRequest;
import io.raftgres.etcd.api.etcdserver.LeaseRevokeRequest;
import io.raftgres.etcd.api.etcdserver.LeaseTimeToLiveRequest;
import io.raftgres.etcd.api.etcdserver.MaintenanceGrpc;
import io.raftgres.etcd.api.etcdserver.MemberAddRequest;
import io.raftgres.etcd.api.etcdserver.MemberListRequest;
import io.raftgres.etcd.api.etcdserver.MemberPromoteRequest;
import io.raftgres.etcd.api.etcdserver.MemberRemoveRequest;
import io.raftgres.etcd.api.etcdserver.MemberUpdateRequest;
import io.raftgres.etcd.api.etcdserver.MoveLeaderRequest;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.etcdserver.RequestOp;
import io.raftgres.etcd.api.etcdserver.SnapshotRequest;
import io.raftgres.etcd.api.etcdserver.StatusRequest;
import io.raftgres.etcd.api.etcdserver.TxnRequest;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest;
import io.raftgres.etcd.api.etcdserver.WatchGrpc;
import io.raftgres.etcd.api.etcdserver.WatchRequest;
import io.raftgres.etcd.api.v3election.CampaignRequest;
import io.raftgres.etcd.api.v3election.ElectionGrpc;
import io.raftgres.etcd.api.v3election.LeaderKey;
import io.raftgres.etcd.api.v3election.LeaderRequest;
import io.raftgres.etcd.api.v3election.ProclaimRequest;
import io.raftgres.etcd.api.v3election.ResignRequest;
import io.raftgres.etcd.api.v3lock.LockGrpc;
import io.raftgres.etcd.api.v3lock.LockRequest;
import io.raftgres.etcd.api.v3lock.UnlockRequest;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every method of etcd's protocol, called by every kind of caller, ends as in etcd; and so does every route of REST by
 * its own rules. A method or a route that the matrix lacks fails the test.
 */
@Tag("long")
class UserMatrixIT {

    private static final int USERS_CHECKED = 3;
    private static final ByteString KEY = ByteString.copyFromUtf8("k");
    private static final ByteString AFTER = ByteString.copyFromUtf8("l");
    private static final long LEASE = 77;

    /** A deleted user still has its token; a user without a role has one, too. */
    private static final List<String> CALLERS =
            List.of(UserSubject.NOBODY, UserSubject.BAD, "none", "reader", "writer", "both", "deleted", "root");

    private static final List<String> MAY_READ = List.of("reader", "both", "root");

    private static final List<ServiceDescriptor> SERVICES = List.of(
            KVGrpc.getServiceDescriptor(),
            WatchGrpc.getServiceDescriptor(),
            LeaseGrpc.getServiceDescriptor(),
            ClusterGrpc.getServiceDescriptor(),
            MaintenanceGrpc.getServiceDescriptor(),
            LockGrpc.getServiceDescriptor(),
            ElectionGrpc.getServiceDescriptor(),
            AuthGrpc.getServiceDescriptor());

    @TempDir
    Path directory;

    private final Map<String, Message> requests = new HashMap<>();

    private void add(MethodDescriptor<?, ?> method, Message request) {
        requests.put(method.getFullMethodName(), request);
    }

    private void requests(String caller) {
        add(KVGrpc.getRangeMethod(), RangeRequest.newBuilder().setKey(KEY).build());
        add(KVGrpc.getRangeStreamMethod(), RangeRequest.newBuilder().setKey(KEY).build());
        add(KVGrpc.getPutMethod(), PutRequest.newBuilder().setKey(KEY).build());
        add(
                KVGrpc.getDeleteRangeMethod(),
                DeleteRangeRequest.newBuilder().setKey(KEY).build());
        // GHSA-6vch-q96h-7gc3: the right to put is checked in nested transactions, too.
        TxnRequest put = TxnRequest.newBuilder()
                .addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder().setKey(KEY)))
                .build();
        add(
                KVGrpc.getTxnMethod(),
                TxnRequest.newBuilder()
                        .addFailure(RequestOp.newBuilder().setRequestTxn(put))
                        .build());
        add(
                KVGrpc.getCompactMethod(),
                CompactionRequest.newBuilder().setRevision(1_000_000).build());
        add(
                WatchGrpc.getWatchMethod(),
                WatchRequest.newBuilder()
                        .setCreateRequest(WatchCreateRequest.newBuilder().setKey(KEY))
                        .build());
        add(
                LeaseGrpc.getLeaseGrantMethod(),
                LeaseGrantRequest.newBuilder().setTTL(60).build());
        add(
                LeaseGrpc.getLeaseRevokeMethod(),
                LeaseRevokeRequest.newBuilder().setID(1).build());
        add(
                LeaseGrpc.getLeaseKeepAliveMethod(),
                LeaseKeepAliveRequest.newBuilder().setID(LEASE).build());
        add(
                LeaseGrpc.getLeaseTimeToLiveMethod(),
                LeaseTimeToLiveRequest.newBuilder().setID(LEASE).setKeys(true).build());
        add(LeaseGrpc.getLeaseLeasesMethod(), LeaseLeasesRequest.getDefaultInstance());
        add(
                ClusterGrpc.getMemberListMethod(),
                MemberListRequest.newBuilder().setLinearizable(true).build());
        add(
                ClusterGrpc.getMemberRemoveMethod(),
                MemberRemoveRequest.newBuilder().setID(1).build());
        add(
                ClusterGrpc.getMemberUpdateMethod(),
                MemberUpdateRequest.newBuilder()
                        .setID(1)
                        .addPeerURLs("http://127.0.0.1:1")
                        .build());
        add(
                ClusterGrpc.getMemberPromoteMethod(),
                MemberPromoteRequest.newBuilder().setID(1).build());
        add(
                ClusterGrpc.getMemberAddMethod(),
                MemberAddRequest.newBuilder().addPeerURLs("http://127.0.0.1:1").build());
        add(MaintenanceGrpc.getAlarmMethod(), AlarmRequest.getDefaultInstance());
        add(MaintenanceGrpc.getStatusMethod(), StatusRequest.getDefaultInstance());
        add(MaintenanceGrpc.getDefragmentMethod(), DefragmentRequest.getDefaultInstance());
        add(MaintenanceGrpc.getHashMethod(), HashRequest.getDefaultInstance());
        add(MaintenanceGrpc.getHashKVMethod(), HashKVRequest.getDefaultInstance());
        add(MaintenanceGrpc.getSnapshotMethod(), SnapshotRequest.getDefaultInstance());
        add(
                MaintenanceGrpc.getMoveLeaderMethod(),
                MoveLeaderRequest.newBuilder().setTargetID(1).build());
        add(
                MaintenanceGrpc.getDowngradeMethod(),
                DowngradeRequest.newBuilder().setVersion("x").build());
        ByteString name = KEY.concat(ByteString.copyFromUtf8("-" + caller));
        add(LockGrpc.getLockMethod(), LockRequest.newBuilder().setName(name).build());
        add(LockGrpc.getUnlockMethod(), UnlockRequest.newBuilder().setKey(KEY).build());
        LeaderKey leader =
                LeaderKey.newBuilder().setName(name).setKey(KEY).setRev(1).build();
        add(
                ElectionGrpc.getCampaignMethod(),
                CampaignRequest.newBuilder().setName(name).build());
        add(
                ElectionGrpc.getProclaimMethod(),
                ProclaimRequest.newBuilder().setLeader(leader).build());
        add(
                ElectionGrpc.getResignMethod(),
                ResignRequest.newBuilder().setLeader(leader).build());
        add(
                ElectionGrpc.getLeaderMethod(),
                LeaderRequest.newBuilder().setName(KEY).build());
        add(
                ElectionGrpc.getObserveMethod(),
                LeaderRequest.newBuilder().setName(KEY).build());
        users();
    }

    private void users() {
        add(AuthGrpc.getAuthStatusMethod(), AuthStatusRequest.getDefaultInstance());
        add(AuthGrpc.getAuthEnableMethod(), AuthEnableRequest.getDefaultInstance());
        add(
                AuthGrpc.getAuthenticateMethod(),
                AuthenticateRequest.newBuilder()
                        .setName("none")
                        .setPassword("pass")
                        .build());
        add(
                AuthGrpc.getUserAddMethod(),
                AuthUserAddRequest.newBuilder().setName("none").build());
        add(
                AuthGrpc.getUserGetMethod(),
                AuthUserGetRequest.newBuilder().setName("reader").build());
        add(AuthGrpc.getUserListMethod(), AuthUserListRequest.getDefaultInstance());
        add(
                AuthGrpc.getUserDeleteMethod(),
                AuthUserDeleteRequest.newBuilder().setName("ghost").build());
        add(
                AuthGrpc.getUserChangePasswordMethod(),
                AuthUserChangePasswordRequest.newBuilder()
                        .setName("ghost")
                        .setPassword("x")
                        .build());
        add(
                AuthGrpc.getUserGrantRoleMethod(),
                AuthUserGrantRoleRequest.newBuilder()
                        .setUser("ghost")
                        .setRole("root")
                        .build());
        add(
                AuthGrpc.getUserRevokeRoleMethod(),
                AuthUserRevokeRoleRequest.newBuilder()
                        .setName("ghost")
                        .setRole("root")
                        .build());
        add(
                AuthGrpc.getRoleAddMethod(),
                AuthRoleAddRequest.newBuilder().setName("reader").build());
        add(
                AuthGrpc.getRoleGetMethod(),
                AuthRoleGetRequest.newBuilder().setRole("reader").build());
        add(AuthGrpc.getRoleListMethod(), AuthRoleListRequest.getDefaultInstance());
        add(
                AuthGrpc.getRoleDeleteMethod(),
                AuthRoleDeleteRequest.newBuilder().setRole("ghost").build());
        add(
                AuthGrpc.getRoleGrantPermissionMethod(),
                AuthRoleGrantPermissionRequest.newBuilder()
                        .setName("ghost")
                        .setPerm(Permission.newBuilder().setKey(KEY))
                        .build());
        add(
                AuthGrpc.getRoleRevokePermissionMethod(),
                AuthRoleRevokePermissionRequest.newBuilder()
                        .setRole("ghost")
                        .setKey(KEY)
                        .build());
        // The last one: root is allowed to do it.
        add(AuthGrpc.getAuthDisableMethod(), AuthDisableRequest.getDefaultInstance());
    }

    @Test
    void everyMethodAndRouteRefusesWhomItMust() throws Exception {
        try (RealEtcd etcd = RealEtcd.start(directory.resolve("etcd"));
                Cluster cluster = Cluster.start(directory.resolve("raftgres"), 1, "-Dio.raftgres.users.try=true");
                UserSubject theirs = new UserSubject(etcd.endpoint());
                UserSubject ours = new UserSubject("127.0.0.1:" + cluster.etcdPort(1))) {
            cluster.awaitVersion(USERS_CHECKED);
            prepare(theirs);
            prepare(ours);
            routes(cluster, ours);
            Map<String, String> expected = new TreeMap<>();
            Map<String, String> found = new TreeMap<>();
            for (String caller : CALLERS) {
                for (MethodDescriptor<?, ?> method : methods()) {
                    requests(caller);
                    Message request = requests.get(method.getFullMethodName());
                    assertNotNull(request, "a row for " + method.getFullMethodName());
                    if (isHarmful(caller, method)) {
                        continue;
                    }
                    if (method == ElectionGrpc.getObserveMethod() && !MAY_READ.contains(caller)) {
                        // etcd refuses it without a word: its stream stays open and empty.
                        String refusal = ours.call(caller, method, request);
                        assertTrue(refusal.startsWith("UNKNOWN: etcdserver: "), refusal);
                        continue;
                    }
                    String cell = method.getFullMethodName() + " by " + caller;
                    expected.put(cell, outcome(theirs.call(caller, method, request)));
                    found.put(cell, outcome(ours.call(caller, method, request)));
                }
            }
            expected.entrySet().removeIf(each -> each.getValue().equals(found.get(each.getKey())));
            found.keySet().retainAll(expected.keySet());
            assertEquals(text(expected), text(found));
        }
    }

    private static String text(Map<String, String> cells) {
        StringBuilder text = new StringBuilder();
        cells.forEach((cell, outcome) ->
                text.append(cell).append(": ").append(outcome).append('\n'));
        return text.toString();
    }

    private static List<MethodDescriptor<?, ?>> methods() {
        List<MethodDescriptor<?, ?>> methods = new ArrayList<>();
        SERVICES.forEach(service -> methods.addAll(service.getMethods()));
        methods.remove(AuthGrpc.getAuthDisableMethod());
        methods.add(AuthGrpc.getAuthDisableMethod());
        return methods;
    }

    /** Root may add a member that does not exist, and then there is no majority any more. */
    private static boolean isHarmful(String caller, MethodDescriptor<?, ?> method) {
        return caller.equals("root") && method == ClusterGrpc.getMemberAddMethod();
    }

    /** The matrix is about who may do it; what then comes is compared elsewhere, and refusals to the letter. */
    private static String outcome(String response) {
        return response.contains("etcdserver: ")
                        || response.startsWith("UNKNOWN: ")
                        || response.startsWith("UNAUTHENTICATED")
                        || response.contains("cancel_reason")
                ? response
                : "done";
    }

    private static void prepare(UserSubject subject) throws InterruptedException {
        String nobody = UserSubject.NOBODY;
        for (String user : List.of("root", "none", "reader", "writer", "both", "deleted")) {
            done(subject.call(
                    nobody,
                    AuthGrpc.getUserAddMethod(),
                    AuthUserAddRequest.newBuilder()
                            .setName(user)
                            .setPassword("pass")
                            .build()));
            done(subject.call(
                    nobody,
                    AuthGrpc.getRoleAddMethod(),
                    AuthRoleAddRequest.newBuilder().setName(user).build()));
            if (!user.equals("none")) {
                done(subject.call(
                        nobody,
                        AuthGrpc.getUserGrantRoleMethod(),
                        AuthUserGrantRoleRequest.newBuilder()
                                .setUser(user)
                                .setRole(user)
                                .build()));
            }
        }
        permit(subject, "reader", Permission.Type.READ);
        permit(subject, "writer", Permission.Type.WRITE);
        permit(subject, "both", Permission.Type.READWRITE);
        permit(subject, "deleted", Permission.Type.READWRITE);
        done(subject.call(
                nobody,
                LeaseGrpc.getLeaseGrantMethod(),
                LeaseGrantRequest.newBuilder().setID(LEASE).setTTL(10_000).build()));
        // An election whose leader stays, and a lease with a key.
        done(subject.call(
                nobody,
                ElectionGrpc.getCampaignMethod(),
                CampaignRequest.newBuilder().setName(KEY).setLease(LEASE).build()));
        done(subject.call(nobody, AuthGrpc.getAuthEnableMethod(), AuthEnableRequest.getDefaultInstance()));
        for (String user : List.of("root", "none", "reader", "writer", "both", "deleted")) {
            assertEquals("a token", subject.login(user, user, "pass"));
        }
        done(subject.call(
                "root",
                AuthGrpc.getUserDeleteMethod(),
                AuthUserDeleteRequest.newBuilder().setName("deleted").build()));
    }

    private static void permit(UserSubject subject, String role, Permission.Type type) {
        done(subject.call(
                UserSubject.NOBODY,
                AuthGrpc.getRoleGrantPermissionMethod(),
                AuthRoleGrantPermissionRequest.newBuilder()
                        .setName(role)
                        .setPerm(Permission.newBuilder()
                                .setKey(KEY)
                                .setRangeEnd(AFTER)
                                .setPermType(type))
                        .build()));
    }

    private static void done(String response) {
        assertEquals("done", outcome(response), response);
    }

    /** @param statuses by caller, in the order of {@link #CALLERS} */
    private record Row(String route, String path, String body, String statuses) {}

    private static final String PUT = "{\"success\":[{\"put\":{\"key\":\"k\",\"value\":\"v\"}}]}";

    private static final List<Row> ROWS = List.of(
            new Row("put /v1/kv/{key}", "/v1/kv/k", "v", "401 401 403 403 204 204 401 204"),
            new Row("get /v1/kv/{key}", "/v1/kv/k", null, "401 401 403 200 403 200 401 200"),
            new Row("head /v1/kv/{key}", "/v1/kv/k", null, "401 401 403 200 403 200 401 200"),
            new Row("delete /v1/kv/{key}", "/v1/kv/k", null, "401 401 403 403 204 404 401 404"),
            new Row("get /v1/kv", "/v1/kv?prefix=k", null, "401 401 403 200 403 200 401 200"),
            new Row("delete /v1/kv", "/v1/kv?prefix=k/none", null, "401 401 403 403 200 200 401 200"),
            new Row("post /v1/txn", "/v1/txn?encoding=text", PUT, "401 401 403 403 200 200 401 200"),
            new Row("post /v1/compact", "/v1/compact", "{\"revision\":1000000}", "401 401 403 403 403 403 401 400"),
            new Row("get /v1/watch", "/v1/watch?key=k", null, "401 401 403 200 403 200 401 200"),
            new Row("get /v1/cluster", "/v1/cluster", null, "401 401 200 200 200 200 401 200"),
            new Row(
                    "post /v1/members",
                    "/v1/members",
                    "{\"name\":\"x\",\"peerAddress\":\"127.0.0.1:1\",\"clientAddress\":\"http://127.0.0.1:1\"}",
                    "401 401 403 403 403 403 401 201"),
            new Row(
                    "patch /v1/members/{member}",
                    "/v1/members/ghost",
                    "{\"clientAddress\":\"http://127.0.0.1:1\"}",
                    "401 401 403 403 403 403 401 404"),
            new Row("delete /v1/members/{member}", "/v1/members/ghost", null, "401 401 403 403 403 403 401 404"),
            new Row(
                    "post /v1/members/{member}/promote",
                    "/v1/members/ghost/promote",
                    null,
                    "401 401 403 403 403 403 401 404"),
            new Row("post /v1/leader", "/v1/leader?target=ghost", null, "401 401 403 403 403 403 401 404"));

    private static void routes(Cluster cluster, UserSubject ours) throws Exception {
        List<String> missing = new ArrayList<>(declared());
        StringBuilder expected = new StringBuilder();
        StringBuilder found = new StringBuilder();
        try (HttpClient http = HttpClient.newHttpClient()) {
            for (Row row : ROWS) {
                missing.remove(row.route());
                expected.append(row.route()).append(": ").append(row.statuses()).append('\n');
                found.append(row.route()).append(':');
                for (String caller : CALLERS) {
                    found.append(' ').append(status(http, cluster, row, authorization(ours, caller)));
                }
                found.append('\n');
            }
            assertEquals(expected.toString(), found.toString());
            Row get = ROWS.get(1);
            for (String user : List.of("reader", "writer")) {
                String right = "Basic " + base64(user + ":pass");
                int status = user.equals("reader") ? 200 : 403;
                assertEquals(status, status(http, cluster, get, right), "first, with a hash");
                assertEquals(status, status(http, cluster, get, right), "then without one");
                assertEquals(401, status(http, cluster, get, "Basic " + base64(user + ":wrong")));
            }
            assertEquals(401, status(http, cluster, get, "Basic " + base64("ghost:pass")));
            assertEquals(401, status(http, cluster, get, "Basic x"));
        }
        assertEquals(List.of(), missing, "routes without a row");
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String authorization(UserSubject subject, String caller) {
        String token = subject.token(caller);
        return token == null ? null : "Bearer " + token;
    }

    private static int status(HttpClient http, Cluster cluster, Row row, String authorization) throws Exception {
        String method = row.route().substring(0, row.route().indexOf(' ')).toUpperCase(Locale.ROOT);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(cluster.url(1) + row.path()))
                .method(
                        method,
                        row.body() == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(row.body()));
        if (row.body() != null) {
            request.header("Content-Type", "application/json");
        }
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        response.body().close();
        return response.statusCode();
    }

    /** @return the operations that the API's description has, such as {@code get /v1/kv} */
    private static List<String> declared() throws Exception {
        List<String> routes = new ArrayList<>();
        String path = "";
        for (String line :
                Files.readAllLines(Cluster.root().resolve("node/src/main/resources/META-INF/openapi.yaml"))) {
            if (line.matches("  /.*:")) {
                path = line.strip().replaceAll(":$", "");
            } else if (line.matches("    (get|head|put|post|patch|delete):")) {
                routes.add(line.strip().replaceAll(":$", "") + " " + path);
            }
        }
        return routes;
    }
}
