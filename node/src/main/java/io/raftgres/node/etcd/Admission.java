package io.raftgres.node.etcd;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.raftgres.node.service.KvService;

/**
 * The one place that every call passes before its service: here permission is checked, once there are users. A client that
 * asks for a leader ({@code hasleader}) is refused where none is known.
 */
final class Admission implements ServerInterceptor {

    private static final Metadata.Key<String> HAS_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

    private final KvService service;

    Admission(KvService service) {
        this.service = service;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if ("true".equals(headers.get(HAS_LEADER)) && !service.hasLeader()) {
            call.close(EtcdError.NO_LEADER.status(), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(call, headers);
    }
}
