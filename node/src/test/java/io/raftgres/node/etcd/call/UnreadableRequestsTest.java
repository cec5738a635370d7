package io.raftgres.node.etcd.call;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.raftgres.etcd.api.etcdserver.AuthGrpc;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.RequestOp;
import io.raftgres.etcd.api.etcdserver.TxnRequest;
import io.raftgres.etcd.api.etcdserver.WatchGrpc;
import io.raftgres.node.etcd.TestGateway;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Iterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Bytes that are no message of the method are the client's mistake, in every kind of call. The connection continues.
 */
@Timeout(60)
class UnreadableRequestsTest {

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

    private final TestGateway gateway = new TestGateway();
    private final ManagedChannel channel = NettyChannelBuilder.forAddress("localhost", gateway.server.port())
            .usePlaintext()
            .build();

    @AfterEach
    void close() {
        channel.shutdownNow();
        gateway.close();
    }

    private Status.Code code(MethodDescriptor<?, ?> method, byte[] request) {
        MethodDescriptor<byte[], byte[]> raw = MethodDescriptor.<byte[], byte[]>newBuilder(BYTES, BYTES)
                .setType(method.getType())
                .setFullMethodName(method.getFullMethodName())
                .build();
        try {
            if (method.getType() == MethodDescriptor.MethodType.UNARY) {
                ClientCalls.blockingUnaryCall(channel, raw, CallOptions.DEFAULT, request);
            } else {
                MethodDescriptor<byte[], byte[]> one = raw.toBuilder()
                        .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
                        .build();
                for (Iterator<byte[]> responses =
                                ClientCalls.blockingServerStreamingCall(channel, one, CallOptions.DEFAULT, request);
                        responses.hasNext(); ) {
                    responses.next();
                }
            }
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    @Test
    void unreadableRequestIsRefusedWithAStatus() {
        byte[] noUtf8 = {0x0A, 1, (byte) 0xFF};
        byte[] cutOff = {0x0A, 5, 'a'};
        assertEquals(Status.Code.INVALID_ARGUMENT, code(AuthGrpc.getRoleAddMethod(), noUtf8));
        assertEquals(Status.Code.INVALID_ARGUMENT, code(KVGrpc.getPutMethod(), cutOff));
        assertEquals(Status.Code.INVALID_ARGUMENT, code(KVGrpc.getRangeStreamMethod(), cutOff));
        assertEquals(Status.Code.INVALID_ARGUMENT, code(WatchGrpc.getWatchMethod(), cutOff));
        TxnRequest deep = TxnRequest.getDefaultInstance();
        for (int i = 0; i < 60; i++) {
            deep = TxnRequest.newBuilder()
                    .addSuccess(RequestOp.newBuilder().setRequestTxn(deep))
                    .build();
        }
        assertEquals(Status.Code.INVALID_ARGUMENT, code(KVGrpc.getTxnMethod(), deep.toByteArray()));
        assertEquals(Status.Code.OK, code(KVGrpc.getPutMethod(), new byte[] {0x0A, 1, 'a'}));
    }
}
