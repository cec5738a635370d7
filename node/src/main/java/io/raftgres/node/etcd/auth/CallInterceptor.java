package io.raftgres.node.etcd.auth;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.service.KvService;

/**
 * Intercepts every call before its service: permissions will be checked here once authentication can be enabled. A
 * client that requires a leader ({@code hasleader}) is refused if this node knows none.
 */
public final class CallInterceptor implements ServerInterceptor {

    private static final Metadata.Key<String> HAS_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

    private static final Context.Key<Boolean> NEEDS_LEADER = Context.keyWithDefault("needs-leader", false);

    private final KvService service;

    public CallInterceptor(KvService service) {
        this.service = service;
    }

    /** @return whether the call being handled is to end when no leader is known any more */
    public static boolean needsLeader() {
        return NEEDS_LEADER.get();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (RequiredPermission.of(call.getMethodDescriptor().getFullMethodName()) == null) {
            String unknown = "unknown method " + call.getMethodDescriptor().getBareMethodName() + " for service "
                    + call.getMethodDescriptor().getServiceName();
            call.close(Status.UNIMPLEMENTED.withDescription(unknown), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        if (!"true".equals(headers.get(HAS_LEADER))) {
            return next.startCall(call, headers);
        }
        if (!service.hasLeader()) {
            call.close(EtcdError.NO_LEADER.status(), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return Contexts.interceptCall(Context.current().withValue(NEEDS_LEADER, true), call, headers, next);
    }
}
