package io.raftgres.e2e.etcd;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.grpc.MethodDescriptor;
import io.raftgres.etcd.api.auth.Permission;
import io.raftgres.etcd.api.auth.UserAddOptions;
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
import io.raftgres.etcd.api.etcdserver.Compare;
import io.raftgres.etcd.api.etcdserver.DeleteRangeRequest;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseGrantRequest;
import io.raftgres.etcd.api.etcdserver.LeaseGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveRequest;
import io.raftgres.etcd.api.etcdserver.LeaseLeasesRequest;
import io.raftgres.etcd.api.etcdserver.LeaseRevokeRequest;
import io.raftgres.etcd.api.etcdserver.LeaseTimeToLiveRequest;
import io.raftgres.etcd.api.etcdserver.MaintenanceGrpc;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.etcdserver.RequestOp;
import io.raftgres.etcd.api.etcdserver.TxnRequest;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest;
import io.raftgres.etcd.api.etcdserver.WatchGrpc;
import io.raftgres.etcd.api.etcdserver.WatchRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random requests of several callers: users, roles, permissions, tokens, keys, leases, transactions and watches. */
final class UserScript {

    /** One step: a request, or a login if there is no method. */
    record Step(String caller, MethodDescriptor<?, ?> method, Message request, String user, String password) {
        String run(UserSubject subject) throws InterruptedException {
            return method == null ? subject.login(caller, user, password) : subject.call(caller, method, request);
        }

        String text() {
            return method == null
                    ? caller + " logs in as " + user + " with " + password
                    : caller + ": " + method.getBareMethodName() + " "
                            + TextFormat.printer().emittingSingleLine(true).printToString(request);
        }
    }

    static final List<String> USERS = List.of("root", "u", "v", "w");
    private static final List<String> ROLES = List.of("root", "r", "s", "t");
    private static final int LEASES = 3;
    private static final ByteString NO_END = ByteString.copyFrom(new byte[] {0});

    private final Random random;

    UserScript(long seed) {
        this.random = new Random(seed);
    }

    List<Step> steps(int count) {
        List<Step> steps = new ArrayList<>(begin());
        while (steps.size() < count) {
            Step next = next();
            steps.add(next);
            if (next.method() == AuthGrpc.getAuthEnableMethod()) {
                // After the check of users was disabled, all tokens are void.
                steps.add(login("root", "root", "pass"));
            }
        }
        return steps;
    }

    private static Step step(String caller, MethodDescriptor<?, ?> method, Message request) {
        return new Step(caller, method, request, null, null);
    }

    private static Step login(String caller, String user, String password) {
        return new Step(caller, null, null, user, password);
    }

    /** Users with roles and some permissions, checked from then on. */
    private List<Step> begin() {
        List<Step> steps = new ArrayList<>();
        for (String user : USERS) {
            steps.add(step(UserSubject.NOBODY, AuthGrpc.getUserAddMethod(), userAdd(user)));
        }
        for (String role : ROLES) {
            steps.add(step(
                    UserSubject.NOBODY,
                    AuthGrpc.getRoleAddMethod(),
                    AuthRoleAddRequest.newBuilder().setName(role).build()));
        }
        steps.add(step(UserSubject.NOBODY, AuthGrpc.getAuthEnableMethod(), AuthEnableRequest.getDefaultInstance()));
        steps.add(step(UserSubject.NOBODY, AuthGrpc.getUserGrantRoleMethod(), grantRole("root", "root")));
        for (int i = 0; i < 10; i++) {
            steps.add(step(UserSubject.NOBODY, AuthGrpc.getUserGrantRoleMethod(), grantRole(user(), nonRoot())));
            steps.add(step(UserSubject.NOBODY, AuthGrpc.getRoleGrantPermissionMethod(), grantPermission()));
        }
        steps.add(step(UserSubject.NOBODY, AuthGrpc.getAuthEnableMethod(), AuthEnableRequest.getDefaultInstance()));
        USERS.forEach(user -> steps.add(login(user, user, "pass")));
        return steps;
    }

    private static AuthUserAddRequest userAdd(String user) {
        return AuthUserAddRequest.newBuilder()
                .setName(user)
                .setPassword("pass")
                .setOptions(UserAddOptions.getDefaultInstance())
                .build();
    }

    private static AuthUserGrantRoleRequest grantRole(String user, String role) {
        return AuthUserGrantRoleRequest.newBuilder().setUser(user).setRole(role).build();
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private String user() {
        return one(USERS);
    }

    private String nonRoot() {
        return one(ROLES.subList(1, ROLES.size()));
    }

    private String caller() {
        return switch (random.nextInt(16)) {
            case 0 -> UserSubject.NOBODY;
            case 1 -> UserSubject.BAD;
            case 2, 3 -> "root";
            default -> one(USERS.subList(1, USERS.size()));
        };
    }

    /** Mostly root, because the others are refused. */
    private String manager() {
        return random.nextInt(4) == 0 ? caller() : "root";
    }

    private ByteString key() {
        return ByteString.copyFromUtf8("" + (char) ('a' + random.nextInt(8)));
    }

    /** A later key, none, or the end of all keys; now and then one that makes the range empty. */
    private ByteString end(ByteString key) {
        return switch (random.nextInt(6)) {
            case 0 -> NO_END;
            case 1 -> ByteString.copyFromUtf8("" + (char) (key.byteAt(0) + 1));
            case 2 -> ByteString.copyFromUtf8("" + (char) (key.byteAt(0) + 1 + random.nextInt(4)));
            default -> ByteString.EMPTY;
        };
    }

    private Permission permission() {
        ByteString key = key();
        return Permission.newBuilder()
                .setKey(key)
                .setRangeEnd(end(key))
                .setPermType(Permission.Type.forNumber(random.nextInt(3)))
                .build();
    }

    private AuthRoleGrantPermissionRequest grantPermission() {
        return AuthRoleGrantPermissionRequest.newBuilder()
                .setName(nonRoot())
                .setPerm(permission())
                .build();
    }

    private Step next() {
        return switch (random.nextInt(20)) {
            case 0, 1 -> management();
            case 2 -> shown();
            case 3, 4, 5, 6 -> lease();
            case 7 -> watch();
            case 8 -> cluster();
            case 9, 10, 11 -> step(caller(), KVGrpc.getTxnMethod(), txn(2));
            case 12, 13, 14 -> step(caller(), KVGrpc.getRangeMethod(), range());
            case 15 -> step(caller(), KVGrpc.getRangeStreamMethod(), range());
            case 16 -> step(caller(), KVGrpc.getDeleteRangeMethod(), delete());
            default -> step(caller(), KVGrpc.getPutMethod(), put());
        };
    }

    private Step management() {
        return switch (random.nextInt(24)) {
            case 0 -> step(manager(), AuthGrpc.getUserAddMethod(), userAdd(user()));
            case 1 ->
                step(
                        manager(),
                        AuthGrpc.getUserAddMethod(),
                        AuthUserAddRequest.newBuilder()
                                .setName(one(USERS.subList(1, USERS.size())))
                                .setOptions(UserAddOptions.newBuilder().setNoPassword(true))
                                .build());
            case 2 ->
                step(
                        manager(),
                        AuthGrpc.getUserDeleteMethod(),
                        AuthUserDeleteRequest.newBuilder().setName(user()).build());
            case 3 ->
                step(
                        manager(),
                        AuthGrpc.getUserChangePasswordMethod(),
                        AuthUserChangePasswordRequest.newBuilder()
                                .setName(user())
                                .setPassword("pass")
                                .build());
            case 4, 5, 6, 7 -> step(manager(), AuthGrpc.getUserGrantRoleMethod(), grantRole(user(), one(ROLES)));
            case 8 ->
                step(
                        manager(),
                        AuthGrpc.getUserRevokeRoleMethod(),
                        AuthUserRevokeRoleRequest.newBuilder()
                                .setName(user())
                                .setRole(one(ROLES))
                                .build());
            case 9 ->
                step(
                        manager(),
                        AuthGrpc.getRoleAddMethod(),
                        AuthRoleAddRequest.newBuilder().setName(one(ROLES)).build());
            case 10 ->
                step(
                        manager(),
                        AuthGrpc.getRoleDeleteMethod(),
                        AuthRoleDeleteRequest.newBuilder().setRole(one(ROLES)).build());
            case 11, 12, 13 -> {
                Permission permission = permission();
                yield step(
                        manager(),
                        AuthGrpc.getRoleRevokePermissionMethod(),
                        AuthRoleRevokePermissionRequest.newBuilder()
                                .setRole(one(ROLES))
                                .setKey(permission.getKey())
                                .setRangeEnd(permission.getRangeEnd())
                                .build());
            }
            case 14 -> step(manager(), AuthGrpc.getAuthDisableMethod(), AuthDisableRequest.getDefaultInstance());
            case 15, 16, 17 -> step(manager(), AuthGrpc.getAuthEnableMethod(), AuthEnableRequest.getDefaultInstance());
            case 18, 19, 20 -> {
                String user = user();
                yield login(user, user, random.nextInt(8) == 0 ? "wrong" : "pass");
            }
            default -> step(manager(), AuthGrpc.getRoleGrantPermissionMethod(), grantPermission());
        };
    }

    private Step shown() {
        return switch (random.nextInt(5)) {
            case 0 ->
                step(
                        caller(),
                        AuthGrpc.getUserGetMethod(),
                        AuthUserGetRequest.newBuilder().setName(user()).build());
            case 1 ->
                step(
                        caller(),
                        AuthGrpc.getRoleGetMethod(),
                        AuthRoleGetRequest.newBuilder().setRole(one(ROLES)).build());
            case 2 -> step(manager(), AuthGrpc.getUserListMethod(), AuthUserListRequest.getDefaultInstance());
            case 3 -> step(manager(), AuthGrpc.getRoleListMethod(), AuthRoleListRequest.getDefaultInstance());
            default -> step(caller(), AuthGrpc.getAuthStatusMethod(), AuthStatusRequest.getDefaultInstance());
        };
    }

    private long leaseId() {
        return 1 + random.nextInt(LEASES);
    }

    private Step lease() {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 ->
                step(
                        caller(),
                        LeaseGrpc.getLeaseGrantMethod(),
                        LeaseGrantRequest.newBuilder()
                                .setID(leaseId())
                                .setTTL(1_000)
                                .build());
            case 3 ->
                step(
                        caller(),
                        LeaseGrpc.getLeaseRevokeMethod(),
                        LeaseRevokeRequest.newBuilder().setID(leaseId()).build());
            case 4 ->
                step(
                        caller(),
                        LeaseGrpc.getLeaseKeepAliveMethod(),
                        LeaseKeepAliveRequest.newBuilder().setID(leaseId()).build());
            case 5 -> step(caller(), LeaseGrpc.getLeaseLeasesMethod(), LeaseLeasesRequest.getDefaultInstance());
            default ->
                step(
                        caller(),
                        LeaseGrpc.getLeaseTimeToLiveMethod(),
                        LeaseTimeToLiveRequest.newBuilder()
                                .setID(leaseId())
                                .setKeys(random.nextBoolean())
                                .build());
        };
    }

    private Step watch() {
        ByteString key = key();
        return step(
                caller(),
                WatchGrpc.getWatchMethod(),
                WatchRequest.newBuilder()
                        .setCreateRequest(
                                WatchCreateRequest.newBuilder().setKey(key).setRangeEnd(end(key)))
                        .build());
    }

    private Step cluster() {
        return step(
                caller(),
                MaintenanceGrpc.getAlarmMethod(),
                AlarmRequest.newBuilder()
                        .setAction(AlarmRequest.AlarmAction.GET)
                        .build());
    }

    private RangeRequest range() {
        ByteString key = key();
        return RangeRequest.newBuilder()
                .setKey(key)
                .setRangeEnd(end(key))
                .setSerializable(random.nextInt(4) == 0)
                .setCountOnly(random.nextInt(5) == 0)
                .build();
    }

    private DeleteRangeRequest delete() {
        ByteString key = key();
        return DeleteRangeRequest.newBuilder()
                .setKey(key)
                .setRangeEnd(random.nextInt(3) == 0 ? end(key) : ByteString.EMPTY)
                .setPrevKv(random.nextInt(3) == 0)
                .build();
    }

    private PutRequest put() {
        return PutRequest.newBuilder()
                .setKey(key())
                .setValue(ByteString.copyFromUtf8("" + random.nextInt(100)))
                .setPrevKv(random.nextInt(4) == 0)
                .setLease(random.nextInt(3) == 0 ? leaseId() : 0)
                .build();
    }

    private TxnRequest txn(int depth) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        if (random.nextBoolean()) {
            ByteString key = key();
            txn.addCompare(Compare.newBuilder()
                    .setKey(key)
                    .setRangeEnd(random.nextInt(3) == 0 ? end(key) : ByteString.EMPTY)
                    .setTarget(Compare.CompareTarget.VERSION)
                    .setResult(Compare.CompareResult.GREATER)
                    .setVersion(random.nextInt(2)));
        }
        for (int i = random.nextInt(2); i >= 0; i--) {
            txn.addSuccess(op(depth));
        }
        if (random.nextBoolean()) {
            txn.addFailure(op(depth));
        }
        return txn.build();
    }

    /** etcd does not notice that a put of the same transaction is in a range without end: see docs/etcd.md. */
    private static DeleteRangeRequest bounded(DeleteRangeRequest delete) {
        return delete.getRangeEnd().equals(NO_END)
                ? delete.toBuilder().clearRangeEnd().build()
                : delete;
    }

    private RequestOp op(int depth) {
        return switch (random.nextInt(depth > 0 ? 5 : 4)) {
            case 0 -> RequestOp.newBuilder().setRequestRange(range()).build();
            // Deletes come seldom: with puts of the same key a transaction is refused.
            case 1 ->
                RequestOp.newBuilder().setRequestDeleteRange(bounded(delete())).build();
            case 4 -> RequestOp.newBuilder().setRequestTxn(txn(depth - 1)).build();
            default -> RequestOp.newBuilder().setRequestPut(put()).build();
        };
    }
}
