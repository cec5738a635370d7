package io.raftgres.node.etcd.auth;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.auth.Permission;
import io.raftgres.etcd.api.etcdserver.AuthDisableRequest;
import io.raftgres.etcd.api.etcdserver.AuthDisableResponse;
import io.raftgres.etcd.api.etcdserver.AuthEnableRequest;
import io.raftgres.etcd.api.etcdserver.AuthEnableResponse;
import io.raftgres.etcd.api.etcdserver.AuthGrpc;
import io.raftgres.etcd.api.etcdserver.AuthRoleAddRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleAddResponse;
import io.raftgres.etcd.api.etcdserver.AuthRoleDeleteRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleDeleteResponse;
import io.raftgres.etcd.api.etcdserver.AuthRoleGetRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleGetResponse;
import io.raftgres.etcd.api.etcdserver.AuthRoleGrantPermissionRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleGrantPermissionResponse;
import io.raftgres.etcd.api.etcdserver.AuthRoleListRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleListResponse;
import io.raftgres.etcd.api.etcdserver.AuthRoleRevokePermissionRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleRevokePermissionResponse;
import io.raftgres.etcd.api.etcdserver.AuthStatusRequest;
import io.raftgres.etcd.api.etcdserver.AuthStatusResponse;
import io.raftgres.etcd.api.etcdserver.AuthUserAddRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserAddResponse;
import io.raftgres.etcd.api.etcdserver.AuthUserChangePasswordRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserChangePasswordResponse;
import io.raftgres.etcd.api.etcdserver.AuthUserDeleteRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserDeleteResponse;
import io.raftgres.etcd.api.etcdserver.AuthUserGetRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserGetResponse;
import io.raftgres.etcd.api.etcdserver.AuthUserGrantRoleRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserGrantRoleResponse;
import io.raftgres.etcd.api.etcdserver.AuthUserListRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserListResponse;
import io.raftgres.etcd.api.etcdserver.AuthUserRevokeRoleRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserRevokeRoleResponse;
import io.raftgres.etcd.api.etcdserver.AuthenticateRequest;
import io.raftgres.etcd.api.etcdserver.AuthenticateResponse;
import io.raftgres.etcd.api.etcdserver.ResponseHeader;
import io.raftgres.node.auth.Passwords;
import io.raftgres.node.etcd.call.Calls;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.etcd.message.EtcdResponses;
import io.raftgres.node.etcd.message.Headers;
import io.raftgres.node.etcd.message.Ranges;
import io.raftgres.node.kv.AuthCommand;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.CallerId;
import io.raftgres.node.kv.ClusterVersion;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.RefusedRequestException;
import io.raftgres.node.kv.Request;
import io.raftgres.node.service.Authentication;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;

/** etcd's Auth service: users, roles, permissions and tokens. Users cannot be checked yet: enabling is refused. */
public final class AuthEndpoint extends AuthGrpc.AuthImplBase {

    private static final ByteString OPEN_END = ByteString.copyFrom(new byte[] {0});

    private final CallService service;
    private final Authentication authentication;
    private final Headers headers;
    private final EtcdOptions options;

    public AuthEndpoint(CallService service, Authentication authentication, Headers headers, EtcdOptions options) {
        this.service = service;
        this.authentication = authentication;
        this.headers = headers;
        this.options = options;
    }

    private interface Right {
        void require(AuthState users, CallerId caller);
    }

    private <A> void show(StreamObserver<A> client, Right right, Function<AuthState, A> toResponse) {
        Duration timeout = Calls.timeout(options);
        Calls.offload("etcd-auth", client, () -> {
            AuthState users = service.auth(timeout);
            if (users.enabled()) {
                require(users, right);
            }
            Calls.answer(client, toResponse.apply(users));
        });
    }

    private void require(AuthState users, Right right) {
        try {
            right.require(users, service.caller().id(users));
        } catch (RefusedRequestException e) {
            throw e.asServiceException();
        }
    }

    /** @param command makes the command; it may take time */
    private <A> void change(
            StreamObserver<A> client, Supplier<AuthCommand> command, Function<ResponseHeader, A> toResponse) {
        Duration timeout = Calls.timeout(options);
        Calls.offload("etcd-auth", client, () -> {
            Request request = Request.of(null, new Op.Auth(command.get()));
            Calls.whenDone(
                    client,
                    () -> service.write(request, timeout),
                    done -> toResponse.apply(headers.at(done.revision())));
        });
    }

    @Override
    public void authStatus(AuthStatusRequest request, StreamObserver<AuthStatusResponse> client) {
        show(
                client,
                (users, caller) -> {},
                auth -> AuthStatusResponse.newBuilder()
                        .setHeader(headers.now())
                        .setEnabled(auth.enabled())
                        .setAuthRevision(auth.revision())
                        .build());
    }

    @Override
    public void authEnable(AuthEnableRequest request, StreamObserver<AuthEnableResponse> client) {
        if (ClusterVersion.LATEST < ClusterVersion.USERS_CHECKED) {
            show(client, (users, caller) -> {}, AuthEndpoint::refuseToEnable);
            return;
        }
        change(
                client,
                AuthCommand.Enable::new,
                header -> AuthEnableResponse.newBuilder().setHeader(header).build());
    }

    private static AuthEnableResponse refuseToEnable(AuthState users) {
        AuthState.User root = users.users().get(AuthState.ROOT);
        if (root == null) {
            throw EtcdError.ROOT_USER_NOT_EXIST.exception();
        }
        if (!root.roles().contains(AuthState.ROOT)) {
            throw EtcdError.ROOT_ROLE_NOT_EXIST.exception();
        }
        throw Status.UNIMPLEMENTED
                .withDescription("etcdserver: authentication cannot be enabled in this release")
                .asRuntimeException();
    }

    @Override
    public void authDisable(AuthDisableRequest request, StreamObserver<AuthDisableResponse> client) {
        Duration timeout = Calls.timeout(options);
        Calls.offload("etcd-auth", client, () -> {
            if (service.auth(timeout).enabled()) {
                service.write(Request.of(null, new Op.Auth(new AuthCommand.Disable())), timeout)
                        .toCompletableFuture()
                        .join();
            }
            Calls.answer(
                    client,
                    AuthDisableResponse.newBuilder().setHeader(headers.now()).build());
        });
    }

    @Override
    public void authenticate(AuthenticateRequest request, StreamObserver<AuthenticateResponse> client) {
        Duration timeout = Calls.timeout(options);
        InetAddress from = CallInterceptor.address();
        Calls.offload("etcd-auth", client, () -> {
            String token = authentication.authenticate(request.getName(), request.getPassword(), from, timeout);
            Calls.answer(
                    client,
                    AuthenticateResponse.newBuilder()
                            .setHeader(headers.now())
                            .setToken(token)
                            .build());
        });
    }

    @Override
    public void userAdd(AuthUserAddRequest request, StreamObserver<AuthUserAddResponse> client) {
        change(
                client,
                () -> {
                    requireMayChange();
                    if (request.getName().isEmpty()) {
                        throw EtcdError.USER_EMPTY.exception();
                    }
                    boolean hasPassword = !request.getOptions().getNoPassword();
                    return new AuthCommand.AddUser(
                            request.getName(),
                            hasPassword,
                            hasPassword ? password(request.getPassword(), request.getHashedPassword()) : new byte[0]);
                },
                header -> AuthUserAddResponse.newBuilder().setHeader(header).build());
    }

    /** Before a password is hashed: who may not change users must not make this node work. */
    private void requireMayChange() {
        if (service.users().enabled()) {
            require(service.auth(Calls.timeout(options)), AuthState::requireRoot);
        }
    }

    private static byte[] password(String password, String hashed) {
        if (password.getBytes(StandardCharsets.UTF_8).length > Passwords.MAX_BYTES) {
            // etcd's text, which it takes from bcrypt.
            throw Status.UNKNOWN
                    .withDescription("bcrypt: password length exceeds " + Passwords.MAX_BYTES + " bytes")
                    .asRuntimeException();
        }
        try {
            return password.isEmpty() && !hashed.isEmpty() ? Passwords.given(hashed) : Passwords.hash(password);
        } catch (IllegalArgumentException e) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("etcdserver: the hashed password is no base64")
                    .asRuntimeException();
        }
    }

    @Override
    public void userGet(AuthUserGetRequest request, StreamObserver<AuthUserGetResponse> client) {
        Right right = (users, caller) -> {
            if (!caller.user().equals(request.getName())) {
                users.requireRoot(caller);
            }
        };
        show(client, right, auth -> {
            AuthState.User user = auth.users().get(request.getName());
            if (user == null) {
                throw EtcdError.USER_NOT_FOUND.exception();
            }
            return AuthUserGetResponse.newBuilder()
                    .setHeader(headers.now())
                    .addAllRoles(user.roles())
                    .build();
        });
    }

    @Override
    public void userList(AuthUserListRequest request, StreamObserver<AuthUserListResponse> client) {
        show(
                client,
                AuthState::requireRoot,
                auth -> AuthUserListResponse.newBuilder()
                        .setHeader(headers.now())
                        .addAllUsers(auth.users().keySet())
                        .build());
    }

    @Override
    public void userDelete(AuthUserDeleteRequest request, StreamObserver<AuthUserDeleteResponse> client) {
        change(
                client,
                () -> new AuthCommand.DeleteUser(request.getName()),
                header -> AuthUserDeleteResponse.newBuilder().setHeader(header).build());
    }

    @Override
    public void userChangePassword(
            AuthUserChangePasswordRequest request, StreamObserver<AuthUserChangePasswordResponse> client) {
        change(
                client,
                () -> {
                    requireMayChange();
                    return new AuthCommand.ChangePassword(
                            request.getName(), password(request.getPassword(), request.getHashedPassword()));
                },
                header -> AuthUserChangePasswordResponse.newBuilder()
                        .setHeader(header)
                        .build());
    }

    @Override
    public void userGrantRole(AuthUserGrantRoleRequest request, StreamObserver<AuthUserGrantRoleResponse> client) {
        change(
                client,
                () -> new AuthCommand.GrantRole(request.getUser(), request.getRole()),
                header ->
                        AuthUserGrantRoleResponse.newBuilder().setHeader(header).build());
    }

    @Override
    public void userRevokeRole(AuthUserRevokeRoleRequest request, StreamObserver<AuthUserRevokeRoleResponse> client) {
        change(
                client,
                () -> new AuthCommand.RevokeRole(request.getName(), request.getRole()),
                header -> AuthUserRevokeRoleResponse.newBuilder()
                        .setHeader(header)
                        .build());
    }

    @Override
    public void roleAdd(AuthRoleAddRequest request, StreamObserver<AuthRoleAddResponse> client) {
        change(
                client,
                () -> {
                    if (request.getName().isEmpty()) {
                        throw EtcdError.ROLE_EMPTY.exception();
                    }
                    return new AuthCommand.AddRole(request.getName());
                },
                header -> AuthRoleAddResponse.newBuilder().setHeader(header).build());
    }

    @Override
    public void roleGet(AuthRoleGetRequest request, StreamObserver<AuthRoleGetResponse> client) {
        Right right = (users, caller) -> {
            AuthState.User user = users.users().get(caller.user());
            if (user == null || !user.roles().contains(request.getRole())) {
                users.requireRoot(caller);
            }
        };
        show(client, right, auth -> {
            AuthState.Role role = auth.roles().get(request.getRole());
            if (role == null) {
                throw EtcdError.ROLE_NOT_FOUND.exception();
            }
            AuthRoleGetResponse.Builder response =
                    AuthRoleGetResponse.newBuilder().setHeader(headers.now());
            if (role.name().equals(AuthState.ROOT)) {
                response.addPerm(Permission.newBuilder()
                        .setPermType(Permission.Type.READWRITE)
                        .setRangeEnd(OPEN_END));
            } else {
                role.permissions().forEach(each -> response.addPerm(permission(each)));
            }
            return response.build();
        });
    }

    private static Permission permission(AuthCommand.Permission permission) {
        return Permission.newBuilder()
                .setKey(EtcdResponses.bytes(permission.key().bytes()))
                .setRangeEnd(EtcdResponses.bytes(permission.rangeEnd().bytes()))
                .setPermType(
                        switch (permission.kind()) {
                            case READ -> Permission.Type.READ;
                            case WRITE -> Permission.Type.WRITE;
                            case READ_WRITE -> Permission.Type.READWRITE;
                        })
                .build();
    }

    @Override
    public void roleList(AuthRoleListRequest request, StreamObserver<AuthRoleListResponse> client) {
        show(
                client,
                AuthState::requireRoot,
                auth -> AuthRoleListResponse.newBuilder()
                        .setHeader(headers.now())
                        .addAllRoles(auth.roles().keySet())
                        .build());
    }

    @Override
    public void roleDelete(AuthRoleDeleteRequest request, StreamObserver<AuthRoleDeleteResponse> client) {
        change(
                client,
                () -> new AuthCommand.DeleteRole(request.getRole()),
                header -> AuthRoleDeleteResponse.newBuilder().setHeader(header).build());
    }

    @Override
    public void roleGrantPermission(
            AuthRoleGrantPermissionRequest request, StreamObserver<AuthRoleGrantPermissionResponse> client) {
        change(
                client,
                () -> {
                    if (!request.hasPerm()) {
                        throw EtcdError.PERMISSION_NOT_GIVEN.exception();
                    }
                    return new AuthCommand.GrantPermission(request.getName(), permission(request.getPerm()));
                },
                header -> AuthRoleGrantPermissionResponse.newBuilder()
                        .setHeader(header)
                        .build());
    }

    private static AuthCommand.Permission permission(Permission asked) {
        ByteString key = asked.getKey();
        ByteString end = asked.getRangeEnd();
        boolean isRange = end.isEmpty()
                || end.equals(OPEN_END)
                || ByteString.unsignedLexicographicalComparator().compare(key, end) < 0;
        if (key.isEmpty() || !isRange || asked.getPermType() == Permission.Type.UNRECOGNIZED) {
            throw EtcdError.INVALID_AUTH_MANAGEMENT.exception();
        }
        return new AuthCommand.Permission(
                Ranges.key(key),
                Ranges.key(end),
                switch (asked.getPermType()) {
                    case READ -> AuthCommand.Permission.Kind.READ;
                    case WRITE -> AuthCommand.Permission.Kind.WRITE;
                    case READWRITE -> AuthCommand.Permission.Kind.READ_WRITE;
                    case UNRECOGNIZED -> throw EtcdError.INVALID_AUTH_MANAGEMENT.exception();
                });
    }

    @Override
    public void roleRevokePermission(
            AuthRoleRevokePermissionRequest request, StreamObserver<AuthRoleRevokePermissionResponse> client) {
        change(
                client,
                () -> new AuthCommand.RevokePermission(
                        request.getRole(), Ranges.key(request.getKey()), Ranges.key(request.getRangeEnd())),
                header -> AuthRoleRevokePermissionResponse.newBuilder()
                        .setHeader(header)
                        .build());
    }
}
