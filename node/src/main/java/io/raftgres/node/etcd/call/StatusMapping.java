package io.raftgres.node.etcd.call;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import java.util.concurrent.CompletionException;

/** Maps failures to the statuses of etcd's protocol. */
public final class StatusMapping {

    private StatusMapping() {}

    /** @return etcd's own text if etcd has one for the failure; otherwise the failure's text */
    public static StatusRuntimeException of(Throwable failure) {
        Throwable why = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
        return switch (why) {
            case StatusRuntimeException status -> status;
            case ServiceException.Rejected rejected
            when rejected.reason() == Reason.RESPONSE_TOO_LARGE ->
                Status.RESOURCE_EXHAUSTED
                        .withDescription("etcdserver: " + rejected.getMessage())
                        .asRuntimeException();
            case ServiceException.Rejected rejected
            when rejected.reason() == Reason.NO_PASSWORD_USER ->
                // etcd has no text of its API for it, and sends its own.
                Status.UNKNOWN
                        .withDescription("auth: authentication failed, password was given for no password user")
                        .asRuntimeException();
            case ServiceException.Rejected rejected -> of(rejected.reason()).exception();
            case ServiceException.Compacted compacted -> EtcdError.COMPACTED.exception();
            case ServiceException.FutureRevision future -> EtcdError.FUTURE_REVISION.exception();
            case ServiceException.NoSpace full -> EtcdError.NO_SPACE.exception();
            case ServiceException.Overloaded overloaded -> EtcdError.TOO_MANY_REQUESTS.exception();
            case ServiceException.OutcomeUnknown unknown -> EtcdError.TIMEOUT.exception();
            case ServiceException.NoSuchMember absent -> EtcdError.MEMBER_NOT_FOUND.exception();
            case ServiceException.Invalid invalid ->
                Status.INVALID_ARGUMENT
                        .withDescription("etcdserver: " + invalid.getMessage())
                        .asRuntimeException();
            case ServiceException.Refused refused ->
                Status.FAILED_PRECONDITION
                        .withDescription("etcdserver: " + refused.getMessage())
                        .asRuntimeException();
            case ServiceException.Unavailable unavailable ->
                Status.UNAVAILABLE
                        .withDescription("etcdserver: " + unavailable.getMessage())
                        .asRuntimeException();
            default ->
                Status.INTERNAL
                        .withDescription("etcdserver: the node failed at this request: " + why)
                        .withCause(why)
                        .asRuntimeException();
        };
    }

    private static EtcdError of(Reason reason) {
        return switch (reason) {
            case LEASE_NOT_FOUND -> EtcdError.LEASE_NOT_FOUND;
            case LEASE_EXISTS -> EtcdError.LEASE_EXISTS;
            case LEASE_TTL_TOO_LARGE -> EtcdError.LEASE_TTL_TOO_LARGE;
            case KEY_NOT_FOUND -> EtcdError.KEY_NOT_FOUND;
            case COMPACTED -> EtcdError.COMPACTED;
            case FUTURE_REVISION -> EtcdError.FUTURE_REVISION;
            case USER_EXISTS -> EtcdError.USER_ALREADY_EXISTS;
            case USER_NOT_FOUND -> EtcdError.USER_NOT_FOUND;
            case ROLE_EXISTS -> EtcdError.ROLE_ALREADY_EXISTS;
            case ROLE_NOT_FOUND -> EtcdError.ROLE_NOT_FOUND;
            case ROLE_NOT_GRANTED -> EtcdError.ROLE_NOT_GRANTED;
            case PERMISSION_NOT_GRANTED -> EtcdError.PERMISSION_NOT_GRANTED;
            case ROOT_USER_MISSING -> EtcdError.ROOT_USER_NOT_EXIST;
            case ROOT_ROLE_MISSING -> EtcdError.ROOT_ROLE_NOT_EXIST;
            case INVALID_AUTH_MANAGEMENT -> EtcdError.INVALID_AUTH_MANAGEMENT;
            case AUTH_NOT_ENABLED -> EtcdError.AUTH_NOT_ENABLED;
            case AUTHENTICATION_FAILED -> EtcdError.AUTHENTICATION_FAILED;
            case USER_EMPTY -> EtcdError.USER_EMPTY;
            case AUTH_OLD_REVISION -> EtcdError.AUTH_OLD_REVISION;
            case PERMISSION_DENIED -> EtcdError.PERMISSION_DENIED;
            case INVALID_AUTH_TOKEN -> EtcdError.INVALID_AUTH_TOKEN;
            case AUTH_NOT_CAPABLE -> EtcdError.NOT_CAPABLE;
            case RESPONSE_TOO_LARGE, NO_PASSWORD_USER ->
                throw new IllegalArgumentException("etcd has no error for " + reason);
            case TOKEN_FORGOTTEN -> throw new IllegalStateException("etcd's requests have no token");
        };
    }
}
