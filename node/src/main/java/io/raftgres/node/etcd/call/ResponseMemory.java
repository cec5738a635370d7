package io.raftgres.node.etcd.call;

import com.google.protobuf.MessageLite;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.raftgres.node.memory.MemoryAccount;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.memory.Share;
import java.util.function.LongConsumer;

/**
 * Limits the memory of all responses that are one message each: such a response cannot be sent before it is complete,
 * and stays in memory until its client has taken it. A request above the limit gets an error that names an alternative.
 */
public final class ResponseMemory {

    /** Smaller responses are not counted, such as those to a put, and most rows. */
    private static final int COUNTED_BYTES = 4 << 10;

    private final MemoryAccount made;
    private final MemoryAccount unsent;

    public ResponseMemory(NodeMemory memory) {
        this.made = memory.account(Share.RESPONSES);
        this.unsent = memory.account(Share.UNSENT);
    }

    /** Call this in the call's handler, before it returns. */
    public <A extends MessageLite> Made<A> open(StreamObserver<A> client) {
        return new Made<>(client, unsent(client));
    }

    /**
     * Call this in the call's handler, before it returns.
     *
     * @return memory of the bytes that the client has not taken; released when it has taken them, or has gone
     */
    public MemoryAccount.Hold unsent(StreamObserver<?> client) {
        ServerCallStreamObserver<?> call = (ServerCallStreamObserver<?>) client;
        MemoryAccount.Hold hold = unsent.open();
        call.setOnCloseHandler(hold::close);
        call.setOnCancelHandler(hold::close);
        return hold;
    }

    /** @return the memory of one stream's messages, one after the other; the caller must close it */
    public MemoryAccount.Hold ofStream() {
        return unsent.open();
    }

    /**
     * Counts a complete response that is sent now.
     *
     * @throws StatusRuntimeException when there is no room for it
     */
    public static <A extends MessageLite> A counted(MemoryAccount.Hold hold, A response) {
        int bytes = response.getSerializedSize();
        if (bytes >= COUNTED_BYTES && !hold.take(bytes)) {
            throw notTaken();
        }
        return response;
    }

    /** Counts the response to a request that is already done. */
    public static <A extends MessageLite> A added(MemoryAccount.Hold hold, A response) {
        int bytes = response.getSerializedSize();
        if (bytes >= COUNTED_BYTES) {
            hold.add(bytes);
        }
        return response;
    }

    public static StatusRuntimeException notTaken() {
        return Status.RESOURCE_EXHAUSTED
                .withDescription(
                        "etcdserver: too many requests: clients of this node have not" + " taken their responses")
                .asRuntimeException();
    }

    /** A response that is being built; used by one thread. */
    public final class Made<A extends MessageLite> implements LongConsumer, AutoCloseable {
        private final StreamObserver<A> client;
        private final MemoryAccount.Hold toSend;
        private final MemoryAccount.Hold hold = made.open();

        private Made(StreamObserver<A> client, MemoryAccount.Hold toSend) {
            this.client = client;
            this.toSend = toSend;
        }

        /** @throws StatusRuntimeException RESOURCE_EXHAUSTED when there is not enough memory left */
        @Override
        public void accept(long bytes) {
            if (!hold.take(bytes)) {
                throw Status.RESOURCE_EXHAUSTED
                        .withDescription("etcdserver: the response is too large for one message on"
                                + " this node: read the range in parts with a limit, or by RangeStream")
                        .asRuntimeException();
            }
        }

        public void send(A response) {
            Calls.answer(client, counted(toSend, response));
        }

        @Override
        public void close() {
            hold.close();
        }
    }
}
