package io.raftgres.node.etcd;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import java.util.function.Supplier;

/**
 * Observes the API.
 *
 * @param version this software's version
 * @param scrape all metrics of the process in Prometheus' text format; may take a while
 * @param calls sees each call, those of the gateway included
 * @param bytes sees the bytes of each gRPC stream
 */
public record Telemetry(
        String version, Supplier<String> scrape, ServerInterceptor calls, ServerStreamTracer.Factory bytes) {

    static final Telemetry NONE = new Telemetry(
            "",
            () -> "",
            new ServerInterceptor() {
                @Override
                public <Q, A> ServerCall.Listener<Q> interceptCall(
                        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                    return next.startCall(call, headers);
                }
            },
            new ServerStreamTracer.Factory() {
                @Override
                public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
                    return new ServerStreamTracer() {};
                }
            });
}
