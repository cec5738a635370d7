package io.raftgres.node.etcd.auth;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.raftgres.node.auth.Caller;
import io.raftgres.node.auth.Callers;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.etcd.call.StatusMapping;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.CallerId;
import io.raftgres.node.kv.RefusedRequestException;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.KvService;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * Intercepts every call before its service: it determines who calls, and refuses a caller without the
 * {@link RequiredPermission} of the method. A client that requires a leader ({@code hasleader}) is refused if this node
 * knows none.
 */
public final class CallInterceptor implements ServerInterceptor {

    private static final Metadata.Key<String> HAS_LEADER = key("hasleader");
    private static final Metadata.Key<String> TOKEN = key("token");
    private static final Metadata.Key<String> AUTHORIZATION = key("authorization");

    private static final Context.Key<Boolean> NEEDS_LEADER = Context.keyWithDefault("needs-leader", false);
    private static final Context.Key<Caller> CALLER = Context.keyWithDefault("caller", Callers.nobody());
    private static final Context.Key<InetAddress> ADDRESS = Context.key("address");

    /** Time to wait for an entry that this node has not applied yet, and that makes the caller's token. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final KvService service;

    /** @param service the node's own */
    public CallInterceptor(KvService service) {
        this.service = service;
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    /** @return whether the call being handled is to end when no leader is known any more */
    public static boolean needsLeader() {
        return NEEDS_LEADER.get();
    }

    /** @return who makes the call being handled; nobody outside of a call */
    static Caller caller() {
        return CALLER.get();
    }

    /** @return address of the client of the call being handled; null: unknown */
    static InetAddress address() {
        return ADDRESS.get();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        RequiredPermission required =
                RequiredPermission.of(call.getMethodDescriptor().getFullMethodName());
        if (required == null) {
            String unknown = "unknown method " + call.getMethodDescriptor().getBareMethodName() + " for service "
                    + call.getMethodDescriptor().getServiceName();
            return refuse(call, Status.UNIMPLEMENTED.withDescription(unknown));
        }
        Context context = Context.current();
        if ("true".equals(headers.get(HAS_LEADER))) {
            if (!service.hasLeader()) {
                return refuse(call, EtcdError.NO_LEADER.status());
            }
            context = context.withValue(NEEDS_LEADER, true);
        }
        if (required == RequiredPermission.ANYBODY) {
            return start(context.withValue(ADDRESS, address(call)), call, headers, next);
        }
        return identify(required, context, call, headers, next);
    }

    private <Q, A> ServerCall.Listener<Q> identify(
            RequiredPermission required,
            Context context,
            ServerCall<Q, A> call,
            Metadata headers,
            ServerCallHandler<Q, A> next) {
        try {
            if (!service.users().enabled()) {
                return start(context, call, headers, next);
            }
            String token = token(headers);
            if (token != null && service.callers().mayBecomeValid(token)) {
                return WaitingCall.until(
                        () -> service.auth(PATIENCE), () -> admit(required, token, context, call, headers, next));
            }
            return admit(required, token, context, call, headers, next);
        } catch (ServiceException e) {
            return refuse(call, StatusMapping.of(e).getStatus());
        }
    }

    /** As in etcd, the first of these that is there counts. */
    private static String token(Metadata headers) {
        String token = headers.get(TOKEN);
        return token != null ? token : headers.get(AUTHORIZATION);
    }

    private <Q, A> ServerCall.Listener<Q> admit(
            RequiredPermission required,
            String token,
            Context context,
            ServerCall<Q, A> call,
            Metadata headers,
            ServerCallHandler<Q, A> next) {
        try {
            Caller caller = service.callers().of(token);
            require(required, caller, service.users());
            return start(context.withValue(CALLER, caller), call, headers, next);
        } catch (ServiceException e) {
            return refuse(call, StatusMapping.of(e).getStatus());
        }
    }

    private static void require(RequiredPermission required, Caller caller, AuthState users) {
        try {
            switch (required) {
                case USER -> users.requireUser(id(caller, users));
                case ROOT -> users.requireRoot(id(caller, users));
                case TOKEN_IF_ANY -> id(caller, users);
                case ANYBODY, KEYS, USERS -> {}
            }
        } catch (RefusedRequestException e) {
            throw e.asServiceException();
        }
    }

    private static CallerId id(Caller caller, AuthState users) {
        return users.enabled() ? caller.id(users) : CallerId.NOBODY;
    }

    private static <Q, A> ServerCall.Listener<Q> start(
            Context context, ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return context == Context.current()
                ? next.startCall(call, headers)
                : Contexts.interceptCall(context, call, headers, next);
    }

    private static <Q, A> ServerCall.Listener<Q> refuse(ServerCall<Q, A> call, Status why) {
        call.close(why, new Metadata());
        return new ServerCall.Listener<>() {};
    }

    private static InetAddress address(ServerCall<?, ?> call) {
        return call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress remote
                ? remote.getAddress()
                : null;
    }
}
