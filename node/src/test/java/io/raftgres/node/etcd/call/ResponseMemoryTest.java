package io.raftgres.node.etcd.call;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.etcdserver.RequestOp;
import io.raftgres.etcd.api.etcdserver.TxnRequest;
import io.raftgres.node.etcd.TestGateway;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.memory.MemoryBudget;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.memory.Share;
import io.raftgres.node.rest.MemoryKvService;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The node counts the memory of responses until its clients have them, and makes no more responses than there is room
 * for.
 */
@Timeout(120)
class ResponseMemoryTest {

    private static final int ROWS = 40;
    private static final int VALUE_BYTES = 1 << 20;
    private static final int WINDOW_BYTES = 64 << 10;
    private static final RangeRequest ALL = RangeRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("r"))
            .setRangeEnd(ByteString.copyFromUtf8("s"))
            .build();

    /** About 9 MiB for responses that are made, and 41 for what is not taken. */
    private final NodeMemory memory =
            new NodeMemory(MemoryBudget.of(MemoryBudget.LEAST_HEAP_BYTES, MemoryBudget.LEAST_HEAP_BYTES / 2));

    private final TestGateway server = new TestGateway(EtcdOptions.defaults(), new MemoryKvService(), memory);
    private final List<ManagedChannel> channels = new ArrayList<>();

    @BeforeEach
    void put() {
        for (int i = 0; i < ROWS; i++) {
            server.service.apply(Request.of(null, new Op.Put(Key.of("r" + i), new byte[VALUE_BYTES], 0, false)));
        }
    }

    @AfterEach
    void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        try {
            for (Share share : List.of(Share.RESPONSES, Share.UNSENT, Share.BODIES)) {
                await("nothing is held by " + share, () -> memory.account(share).used() == 0);
            }
        } finally {
            server.close();
        }
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, what);
            Thread.onSpinWait();
        }
    }

    private ManagedChannel channel() {
        ManagedChannel channel = NettyChannelBuilder.forAddress("localhost", server.server.port())
                .usePlaintext()
                .flowControlWindow(WINDOW_BYTES)
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .build();
        channels.add(channel);
        return channel;
    }

    /** Takes nothing. */
    private <Q, A> void ask(ManagedChannel channel, MethodDescriptor<Q, A> method, Q request) {
        ClientCall<Q, A> call = channel.newCall(method, CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        call.sendMessage(request);
        call.halfClose();
    }

    private static void assertExhausted(Runnable call) {
        assertEquals(
                Status.Code.RESOURCE_EXHAUSTED,
                assertThrows(StatusRuntimeException.class, call::run)
                        .getStatus()
                        .getCode());
    }

    @Test
    void responseIsCountedUntilItsClientHasIt() {
        ask(channel(), KVGrpc.getRangeMethod(), ALL.toBuilder().setLimit(5).build());
        await("five rows wait", () -> memory.used(Share.UNSENT) >= 5 * VALUE_BYTES);
        await("they are made no more", () -> memory.used(Share.RESPONSES) == 0);
        // A point read as well.
        ask(
                channel(),
                KVGrpc.getRangeMethod(),
                RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("r1")).build());
        await("six rows wait", () -> memory.used(Share.UNSENT) >= 6 * VALUE_BYTES);
    }

    @Test
    void clientsThatTakeNothingLeaveNoMoreThanThereIs() {
        ManagedChannel channel = channel();
        RangeRequest five = ALL.toBuilder().setLimit(5).build();
        for (int i = 0; i < 8; i++) {
            long before = memory.used(Share.UNSENT);
            ask(channel, KVGrpc.getRangeMethod(), five);
            await(
                    "five more rows wait",
                    () -> memory.used(Share.UNSENT) >= before + 5 * VALUE_BYTES && memory.used(Share.RESPONSES) == 0);
        }
        assertExhausted(() -> KVGrpc.newBlockingStub(channel()).range(five));
        assertTrue(memory.used(Share.UNSENT) <= memory.limit(Share.UNSENT));
    }

    @Test
    void aTransactionThatReadsHoldsNoMoreThanThereIs() {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (int i = 0; i < 100; i++) {
            txn.addSuccess(RequestOp.newBuilder().setRequestRange(ALL));
        }
        assertExhausted(() -> KVGrpc.newBlockingStub(channel()).txn(txn.build()));
        assertExhausted(() -> KVGrpc.newBlockingStub(channel()).range(ALL));
        assertEquals(
                3,
                KVGrpc.newBlockingStub(channel())
                        .range(ALL.toBuilder().setLimit(3).build())
                        .getKvsCount());
    }

    @Test
    void theGatewayMakesNoLargerJsonThanThereIsRoomFor() {
        String range = "{\"key\":\"cg==\",\"range_end\":\"cw==\",\"limit\":%d}";
        HttpResponse<String> small = server.post("/v3/kv/range", range.formatted(1));
        assertEquals(200, small.statusCode(), small.body());
        HttpResponse<String> large = server.post("/v3/kv/range", range.formatted(5));
        assertEquals(
                429,
                large.statusCode(),
                large.body().substring(0, Math.min(300, large.body().length())));
    }

    /** 2.4 MB of text that would become several hundred. */
    @Test
    void aBodyOfNothingButObjectsIsRefused() {
        HttpResponse<String> response = server.post("/v3/kv/txn", "{\"compare\":[" + "{},".repeat(800_000) + "{}]}");
        assertEquals(429, response.statusCode(), response.body());
    }
}
