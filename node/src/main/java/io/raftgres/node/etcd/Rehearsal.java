package io.raftgres.node.etcd;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Runs clients inside the node for some time while the build records an AOT cache. So the cache contains the hot code
 * of a serving node, and a node that starts with it need not find that code again.
 */
final class Rehearsal {

    /** System property: time in seconds; only the build's training sets it. */
    private static final String SECONDS = "io.raftgres.rehearsal.seconds";

    private static final int CHANNELS = 4;
    private static final int CLIENTS = 64;
    private static final int KEYS = 20_000;
    private static final int VALUE_BYTES = 256;

    private final List<ManagedChannel> channels = new ArrayList<>();
    private final long deadlineNanos;

    private Rehearsal(int port, long seconds) {
        this.deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (int i = 0; i < CHANNELS; i++) {
            channels.add(NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .usePlaintext()
                    .directExecutor()
                    .build());
        }
    }

    /**
     * Begins if the build asks for it.
     *
     * @param port port of etcd's API on this node
     */
    static void maybe(int port) {
        long seconds = Long.getLong(SECONDS, 0);
        if (seconds > 0) {
            Rehearsal rehearsal = new Rehearsal(port, seconds);
            for (int i = 0; i < CLIENTS; i++) {
                rehearsal.new Client(KVGrpc.newStub(rehearsal.channels.get(i % CHANNELS)), i).next();
            }
        }
    }

    /** Sends one request after the other until the time is over. */
    private final class Client {
        private final KVGrpc.KVStub kv;
        private final SplittableRandom random;

        Client(KVGrpc.KVStub kv, long seed) {
            this.kv = kv;
            this.random = new SplittableRandom(seed);
        }

        void next() {
            if (System.nanoTime() - deadlineNanos > 0) {
                channels.forEach(ManagedChannel::shutdown);
                return;
            }
            ByteString key = ByteString.copyFromUtf8("rehearsal" + random.nextInt(KEYS));
            int kind = random.nextInt(10);
            KVGrpc.KVStub call = kv.withDeadlineAfter(5, TimeUnit.SECONDS);
            if (kind < 6) {
                byte[] value = new byte[VALUE_BYTES];
                call.put(
                        PutRequest.newBuilder()
                                .setKey(key)
                                .setValue(ByteString.copyFrom(value))
                                .build(),
                        again());
            } else {
                call.range(
                        RangeRequest.newBuilder()
                                .setKey(key)
                                .setSerializable(kind == 9)
                                .build(),
                        again());
            }
        }

        private <A> StreamObserver<A> again() {
            return new StreamObserver<>() {
                @Override
                public void onNext(A response) {}

                @Override
                public void onError(Throwable why) {
                    // Without a leader there is nothing to record: wait a little.
                    if (Status.fromThrowable(why).getCode() != Status.Code.CANCELLED) {
                        later();
                    }
                }

                @Override
                public void onCompleted() {
                    next();
                }
            };
        }

        private void later() {
            Thread.ofVirtual().start(() -> {
                try {
                    TimeUnit.MILLISECONDS.sleep(100);
                    next();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
    }
}
