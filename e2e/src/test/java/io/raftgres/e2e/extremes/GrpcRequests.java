package io.raftgres.e2e.extremes;

import com.google.protobuf.Descriptors;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.TextFormat;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.raftgres.etcd.api.etcdserver.AuthGrpc;
import io.raftgres.etcd.api.etcdserver.ClusterGrpc;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseGrpc;
import io.raftgres.etcd.api.etcdserver.MaintenanceGrpc;
import io.raftgres.etcd.api.etcdserver.WatchGrpc;
import io.raftgres.etcd.api.v3election.ElectionGrpc;
import io.raftgres.etcd.api.v3lock.LockGrpc;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Requests to every method of etcd's services, over gRPC, as bytes, so that invalid messages can be sent too. */
final class GrpcRequests {

    private static final long TIMEOUT_MILLIS = 30_000;

    /** Time limit of calls that wait for other requests, or continue until the client leaves. */
    private static final long GLANCE_MILLIS = 300;

    private static final int MAX_RESPONSE_BYTES = 256 << 20;

    /** A method that is listed several times is used as much more often. */
    private static final List<String> OFTEN = List.of(
            "Txn",
            "Txn",
            "Txn",
            "Txn",
            "Txn",
            "Txn",
            "Txn",
            "Txn",
            "Put",
            "Put",
            "Range",
            "Range",
            "DeleteRange",
            "LeaseGrant",
            "RoleAdd",
            "UserGrantRole",
            "RoleGrantPermission");

    /** Methods that need much work, or wait. */
    private static final List<String> SELDOM = List.of(
            "Snapshot",
            "Defragment",
            "MoveLeader",
            "Observe",
            "Campaign",
            "Lock",
            "Watch",
            "UserAdd",
            "UserChangePassword",
            "HashKV");

    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private final Values values;
    private final Messages messages;
    private final List<MethodDescriptor<?, ?>> methods;

    GrpcRequests(Values values) {
        this.values = values;
        this.messages = new Messages(values);
        this.methods = weighted();
    }

    static List<MethodDescriptor<?, ?>> all() {
        List<MethodDescriptor<?, ?>> all = new ArrayList<>();
        for (ServiceDescriptor service : List.of(
                KVGrpc.getServiceDescriptor(),
                WatchGrpc.getServiceDescriptor(),
                LeaseGrpc.getServiceDescriptor(),
                ClusterGrpc.getServiceDescriptor(),
                MaintenanceGrpc.getServiceDescriptor(),
                AuthGrpc.getServiceDescriptor(),
                LockGrpc.getServiceDescriptor(),
                ElectionGrpc.getServiceDescriptor())) {
            all.addAll(service.getMethods());
        }
        return all;
    }

    private static List<MethodDescriptor<?, ?>> weighted() {
        List<MethodDescriptor<?, ?>> weighted = new ArrayList<>();
        for (MethodDescriptor<?, ?> method : all()) {
            long more =
                    OFTEN.stream().filter(method.getBareMethodName()::equals).count();
            long weight = SELDOM.contains(method.getBareMethodName()) ? 1 : 6 * (1 + more);
            for (long i = 0; i < weight; i++) {
                weighted.add(method);
            }
        }
        return weighted;
    }

    private static Descriptors.Descriptor requestOf(MethodDescriptor<?, ?> method) {
        return ((ProtoMethodDescriptorSupplier) method.getSchemaDescriptor())
                .getMethodDescriptor()
                .getInputType();
    }

    /** @return a method, and a request for it */
    Asked next() {
        MethodDescriptor<?, ?> method = methods.get(values.below(methods.size()));
        boolean isDeep = method.getBareMethodName().equals("Txn") && values.chance(0.01);
        return new Asked(
                method,
                isDeep
                        ? Messages.deep(requestOf(method), values.oneOf(2, 49, 50, 51, 128, 129))
                        : messages.of(requestOf(method)));
    }

    record Asked(MethodDescriptor<?, ?> method, DynamicMessage request) {}

    Outcome send(ManagedChannel channel) throws Exception {
        Asked asked = next();
        byte[] bytes = asked.request().toByteArray();
        boolean isDamaged = values.chance(0.02);
        if (isDamaged) {
            bytes = messages.damaged(bytes);
        }
        String method = asked.method().getBareMethodName();
        boolean isEndless = asked.method().getType() != MethodDescriptor.MethodType.UNARY
                || method.equals("Lock")
                || method.equals("Campaign");
        Status status = call(channel, asked.method(), bytes, isEndless ? GLANCE_MILLIS : TIMEOUT_MILLIS);
        return Outcome.of(
                "grpc " + method,
                status.getCode().name(),
                isFailure(status),
                status.getDescription(),
                isDamaged
                        ? "damaged bytes"
                        : TextFormat.printer().emittingSingleLine(true).printToString(asked.request()));
    }

    /** etcd has refusals without a specific code. Raftgres gives them a text. */
    private static boolean isFailure(Status status) {
        return switch (status.getCode()) {
            case INTERNAL, DATA_LOSS -> true;
            case UNKNOWN ->
                status.getDescription() == null
                        || status.getDescription().isBlank()
                        || status.getDescription().contains("Application error");
            default -> false;
        };
    }

    private static Status call(ManagedChannel channel, MethodDescriptor<?, ?> method, byte[] bytes, long millis)
            throws Exception {
        MethodDescriptor<byte[], byte[]> raw = MethodDescriptor.<byte[], byte[]>newBuilder(BYTES, BYTES)
                .setType(method.getType())
                .setFullMethodName(method.getFullMethodName())
                .build();
        ClientCall<byte[], byte[]> call = channel.newCall(
                raw,
                CallOptions.DEFAULT
                        .withDeadlineAfter(millis, TimeUnit.MILLISECONDS)
                        .withMaxInboundMessageSize(MAX_RESPONSE_BYTES));
        CompletableFuture<Status> end = new CompletableFuture<>();
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(byte[] message) {
                        call.request(1);
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        end.complete(status);
                    }
                },
                new Metadata());
        call.request(1);
        call.sendMessage(bytes);
        call.halfClose();
        return end.get(2 * TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    }
}
