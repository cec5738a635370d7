package io.raftgres.node.etcd;

import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.AuthDisableRequest;
import io.raftgres.etcd.api.etcdserver.AuthDisableResponse;
import io.raftgres.etcd.api.etcdserver.AuthEnableRequest;
import io.raftgres.etcd.api.etcdserver.AuthEnableResponse;
import io.raftgres.etcd.api.etcdserver.AuthGrpc;
import io.raftgres.etcd.api.etcdserver.AuthStatusRequest;
import io.raftgres.etcd.api.etcdserver.AuthStatusResponse;
import io.raftgres.etcd.api.etcdserver.AuthUserListRequest;
import io.raftgres.etcd.api.etcdserver.AuthUserListResponse;
import io.raftgres.etcd.api.etcdserver.AuthRoleListRequest;
import io.raftgres.etcd.api.etcdserver.AuthRoleListResponse;
import io.raftgres.etcd.api.etcdserver.AuthenticateRequest;
import io.raftgres.etcd.api.etcdserver.AuthenticateResponse;

/**
 * etcd's Auth service where there are no users yet: it answers as an etcd that has none. What would make one is not
 * implemented, which is what its clients are told.
 */
final class AuthEndpoint extends AuthGrpc.AuthImplBase {

    /** etcd's, before anything was changed. */
    private static final long FIRST_REVISION = 1;

    private final Headers headers;

    AuthEndpoint(Headers headers) {
        this.headers = headers;
    }

    @Override
    public void authStatus(AuthStatusRequest request, StreamObserver<AuthStatusResponse> client) {
        Calls.guard(client, () -> Calls.answer(client, AuthStatusResponse.newBuilder().setHeader(headers.now())
                .setAuthRevision(FIRST_REVISION).build()));
    }

    @Override
    public void authEnable(AuthEnableRequest request, StreamObserver<AuthEnableResponse> client) {
        client.onError(EtcdError.ROOT_USER_NOT_EXIST.exception());
    }

    @Override
    public void authDisable(AuthDisableRequest request, StreamObserver<AuthDisableResponse> client) {
        Calls.guard(client, () -> Calls.answer(client,
                AuthDisableResponse.newBuilder().setHeader(headers.now()).build()));
    }

    @Override
    public void authenticate(AuthenticateRequest request, StreamObserver<AuthenticateResponse> client) {
        client.onError(EtcdError.AUTH_NOT_ENABLED.exception());
    }

    @Override
    public void userList(AuthUserListRequest request, StreamObserver<AuthUserListResponse> client) {
        Calls.guard(client, () -> Calls.answer(client,
                AuthUserListResponse.newBuilder().setHeader(headers.now()).build()));
    }

    @Override
    public void roleList(AuthRoleListRequest request, StreamObserver<AuthRoleListResponse> client) {
        Calls.guard(client, () -> Calls.answer(client,
                AuthRoleListResponse.newBuilder().setHeader(headers.now()).build()));
    }
}
