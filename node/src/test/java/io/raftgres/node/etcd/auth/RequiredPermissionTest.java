package io.raftgres.node.etcd.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import io.raftgres.etcd.api.etcdserver.PutResponse;
import io.raftgres.node.etcd.TestGateway;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Every method of the server passes one place that knows its required permission. A method without one is not served.
 */
class RequiredPermissionTest {

    @Test
    void everyMethodIsListed() {
        try (TestGateway gateway = new TestGateway()) {
            List<String> methods = gateway.server.methods();
            assertTrue(methods.size() > 50, () -> "" + methods);
            methods.forEach(method -> assertNotNull(
                    RequiredPermission.of(method), () -> method + " is not listed in RequiredPermission"));
        }
    }

    @Test
    void unknownMethodIsUnimplemented() throws Exception {
        MethodDescriptor<PutRequest, PutResponse> unknown = MethodDescriptor.<PutRequest, PutResponse>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("etcdserverpb.KV/Nothing")
                .setRequestMarshaller(ProtoUtils.marshaller(PutRequest.getDefaultInstance()))
                .setResponseMarshaller(ProtoUtils.marshaller(PutResponse.getDefaultInstance()))
                .build();
        try (TestGateway gateway = new TestGateway()) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("localhost", gateway.server.port())
                    .usePlaintext()
                    .build();
            try {
                ClientCalls.blockingUnaryCall(channel, unknown, CallOptions.DEFAULT, PutRequest.getDefaultInstance());
                throw new AssertionError("it was served");
            } catch (StatusRuntimeException e) {
                assertEquals(Status.Code.UNIMPLEMENTED, e.getStatus().getCode());
            } finally {
                channel.shutdownNow();
            }
        }
    }
}
