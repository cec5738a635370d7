package io.raftgres.node.etcd.call;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** etcd's errors: clients compare the texts, so both code and text are exactly etcd's (its rpctypes). */
public enum EtcdError {
    EMPTY_KEY(Status.Code.INVALID_ARGUMENT, "key is not provided"),
    KEY_NOT_FOUND(Status.Code.INVALID_ARGUMENT, "key not found"),
    VALUE_PROVIDED(Status.Code.INVALID_ARGUMENT, "value is provided"),
    LEASE_PROVIDED(Status.Code.INVALID_ARGUMENT, "lease is provided"),
    TOO_MANY_OPS(Status.Code.INVALID_ARGUMENT, "too many operations in txn request"),
    DUPLICATE_KEY(Status.Code.INVALID_ARGUMENT, "duplicate key given in txn request"),
    INVALID_SORT_OPTION(Status.Code.INVALID_ARGUMENT, "invalid sort option"),
    COMPACTED(Status.Code.OUT_OF_RANGE, "mvcc: required revision has been compacted"),
    FUTURE_REVISION(Status.Code.OUT_OF_RANGE, "mvcc: required revision is a future revision"),
    NO_SPACE(Status.Code.RESOURCE_EXHAUSTED, "mvcc: database space exceeded"),
    LEASE_NOT_FOUND(Status.Code.NOT_FOUND, "requested lease not found"),
    LEASE_EXISTS(Status.Code.FAILED_PRECONDITION, "lease already exists"),
    LEASE_TTL_TOO_LARGE(Status.Code.OUT_OF_RANGE, "too large lease TTL"),
    PEER_URL_EXISTS(Status.Code.FAILED_PRECONDITION, "Peer URLs already exists"),
    /** etcd's own definition has another code, but this is the one that it sends. */
    NOT_ENOUGH_STARTED(Status.Code.UNKNOWN, "re-configuration failed due to not enough started members"),
    BAD_URLS(Status.Code.INVALID_ARGUMENT, "given member URLs are invalid"),
    MEMBER_NOT_FOUND(Status.Code.NOT_FOUND, "member not found"),
    MEMBER_NOT_LEARNER(Status.Code.FAILED_PRECONDITION, "can only promote a learner member"),
    TOO_MANY_LEARNERS(Status.Code.FAILED_PRECONDITION, "too many learner members in cluster"),
    LEARNER_NOT_READY(
            Status.Code.FAILED_PRECONDITION, "can only promote a learner member which is in sync with leader"),
    REQUEST_TOO_LARGE(Status.Code.INVALID_ARGUMENT, "request is too large"),
    TOO_MANY_REQUESTS(Status.Code.RESOURCE_EXHAUSTED, "too many requests"),
    ROOT_USER_NOT_EXIST(Status.Code.FAILED_PRECONDITION, "root user does not exist"),
    ROOT_ROLE_NOT_EXIST(Status.Code.FAILED_PRECONDITION, "root user does not have root role"),
    USER_ALREADY_EXISTS(Status.Code.FAILED_PRECONDITION, "user name already exists"),
    USER_EMPTY(Status.Code.INVALID_ARGUMENT, "user name is empty"),
    USER_NOT_FOUND(Status.Code.FAILED_PRECONDITION, "user name not found"),
    ROLE_ALREADY_EXISTS(Status.Code.FAILED_PRECONDITION, "role name already exists"),
    ROLE_NOT_FOUND(Status.Code.FAILED_PRECONDITION, "role name not found"),
    ROLE_EMPTY(Status.Code.INVALID_ARGUMENT, "role name is empty"),
    PERMISSION_NOT_GIVEN(Status.Code.INVALID_ARGUMENT, "permission not given"),
    ROLE_NOT_GRANTED(Status.Code.FAILED_PRECONDITION, "role is not granted to the user"),
    PERMISSION_NOT_GRANTED(Status.Code.FAILED_PRECONDITION, "permission is not granted to the role"),
    AUTHENTICATION_FAILED(Status.Code.INVALID_ARGUMENT, "authentication failed, invalid user ID or password"),
    INVALID_AUTH_TOKEN(Status.Code.UNAUTHENTICATED, "invalid auth token"),
    AUTH_OLD_REVISION(Status.Code.INVALID_ARGUMENT, "revision of auth store is old"),
    PERMISSION_DENIED(Status.Code.PERMISSION_DENIED, "permission denied"),
    NOT_CAPABLE(Status.Code.FAILED_PRECONDITION, "not capable"),
    AUTH_NOT_ENABLED(Status.Code.FAILED_PRECONDITION, "authentication is not enabled"),
    INVALID_AUTH_MANAGEMENT(Status.Code.INVALID_ARGUMENT, "invalid auth management"),
    NO_LEADER(Status.Code.UNAVAILABLE, "no leader"),
    NOT_LEADER(Status.Code.FAILED_PRECONDITION, "not leader"),
    LEADER_CHANGED(Status.Code.UNAVAILABLE, "leader changed"),
    STOPPED(Status.Code.UNAVAILABLE, "server stopped"),
    TIMEOUT(Status.Code.UNAVAILABLE, "request timed out"),
    TIMEOUT_LEADER_FAILED(Status.Code.UNAVAILABLE, "request timed out, possibly due to previous leader failure"),
    UNHEALTHY(Status.Code.UNAVAILABLE, "unhealthy cluster"),
    CORRUPT(Status.Code.DATA_LOSS, "corrupt cluster"),
    NOT_SUPPORTED_FOR_LEARNER(Status.Code.FAILED_PRECONDITION, "rpc not supported for learner"),
    BAD_LEADER_TRANSFEREE(Status.Code.FAILED_PRECONDITION, "bad leader transferee"),
    TIMEOUT_LEADER_TRANSFER(Status.Code.UNKNOWN, "request timed out, leader transfer took too long"),
    WRONG_DOWNGRADE_VERSION_FORMAT(Status.Code.INVALID_ARGUMENT, "wrong downgrade target version format"),
    INVALID_DOWNGRADE_TARGET(Status.Code.INVALID_ARGUMENT, "invalid downgrade target version");

    private static final String PREFIX = "etcdserver: ";

    private final Status status;

    EtcdError(Status.Code code, String text) {
        this.status = code.toStatus().withDescription(PREFIX + text);
    }

    /** @return an exception with etcd's exact text */
    public Status status() {
        return status;
    }

    public StatusRuntimeException exception() {
        return status.asRuntimeException();
    }
}
