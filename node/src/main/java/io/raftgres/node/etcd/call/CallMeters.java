package io.raftgres.node.etcd.call;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Counts calls, messages and bytes under etcd's metric names, for dashboards that were made for etcd. */
public final class CallMeters implements ServerInterceptor {

    private record Handled(String method, Status.Code code) {}

    private final MeterRegistry registry;
    private final Map<String, Counter> started = new ConcurrentHashMap<>();
    private final Map<String, Counter> received = new ConcurrentHashMap<>();
    private final Map<String, Counter> sent = new ConcurrentHashMap<>();
    private final Map<Handled, Counter> handled = new ConcurrentHashMap<>();
    private final Counter receivedBytes;
    private final Counter sentBytes;

    public CallMeters(MeterRegistry registry) {
        this.registry = registry;
        Gauge.builder("etcd.server.version", () -> 1)
                .tag("server_version", EtcdVersion.SERVER)
                .description("Which etcd this is compatible with")
                .register(registry);
        Gauge.builder("etcd.cluster.version", () -> 1)
                .tag("cluster_version", EtcdVersion.MINOR)
                .description("Which etcd the cluster is compatible with")
                .register(registry);
        this.receivedBytes = Counter.builder("etcd.network.client.grpc.received.bytes")
                .description("Bytes received from gRPC clients")
                .register(registry);
        this.sentBytes = Counter.builder("etcd.network.client.grpc.sent.bytes")
                .description("Bytes sent to gRPC clients")
                .register(registry);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        MethodDescriptor<Q, A> method = call.getMethodDescriptor();
        // Only existing methods have counters: a client cannot create one with an invented name.
        counter(started, "grpc.server.started", "Calls begun", method).increment();
        Counter toClient = counter(sent, "grpc.server.msg.sent", "Messages sent", method);
        Counter fromClient = counter(received, "grpc.server.msg.received", "Messages received", method);
        Ended ended = new Ended();
        ServerCall<Q, A> counted = new SimpleForwardingServerCall<>(call) {
            @Override
            public void sendMessage(A message) {
                toClient.increment();
                super.sendMessage(message);
            }

            @Override
            public void close(Status status, Metadata trailers) {
                ended.as(method, status.getCode());
                super.close(status, trailers);
            }
        };
        return new SimpleForwardingServerCallListener<>(next.startCall(counted, headers)) {
            @Override
            public void onMessage(Q message) {
                fromClient.increment();
                super.onMessage(message);
            }

            @Override
            public void onCancel() {
                ended.as(method, Status.Code.CANCELLED);
                super.onCancel();
            }
        };
    }

    /** A closed call may also be cancelled: it counts once. */
    private final class Ended {
        private boolean counted;

        synchronized void as(MethodDescriptor<?, ?> method, Status.Code code) {
            if (!counted) {
                counted = true;
                handled.computeIfAbsent(
                                new Handled(method.getFullMethodName(), code),
                                key -> builder("grpc.server.handled", "Calls ended", method)
                                        .tag("grpc_code", name(code))
                                        .register(registry))
                        .increment();
            }
        }
    }

    private Counter counter(Map<String, Counter> counters, String name, String what, MethodDescriptor<?, ?> method) {
        return counters.computeIfAbsent(
                method.getFullMethodName(), key -> builder(name, what, method).register(registry));
    }

    private static Counter.Builder builder(String name, String what, MethodDescriptor<?, ?> method) {
        return Counter.builder(name)
                .description(what)
                .tag("grpc_service", method.getServiceName())
                .tag("grpc_method", method.getBareMethodName())
                .tag("grpc_type", type(method.getType()));
    }

    private static String type(MethodDescriptor.MethodType type) {
        return switch (type) {
            case UNARY -> "unary";
            case CLIENT_STREAMING -> "client_stream";
            case SERVER_STREAMING -> "server_stream";
            case BIDI_STREAMING, UNKNOWN -> "bidi_stream";
        };
    }

    /** @return as Go names it: NotFound for NOT_FOUND */
    private static String name(Status.Code code) {
        if (code == Status.Code.OK) {
            return "OK";
        }
        if (code == Status.Code.CANCELLED) {
            return "Canceled";
        }
        StringBuilder name = new StringBuilder();
        for (String word : code.name().split("_")) {
            name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return name.toString();
    }

    public ServerStreamTracer.Factory bytes() {
        ServerStreamTracer tracer = new ServerStreamTracer() {
            @Override
            public void inboundWireSize(long bytes) {
                receivedBytes.increment(bytes);
            }

            @Override
            public void outboundWireSize(long bytes) {
                sentBytes.increment(bytes);
            }
        };
        return new ServerStreamTracer.Factory() {
            @Override
            public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
                return tracer;
            }
        };
    }
}
