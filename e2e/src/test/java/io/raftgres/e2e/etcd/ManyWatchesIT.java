package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.raftgres.e2e.Await;
import io.raftgres.e2e.Cluster;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import io.raftgres.etcd.api.etcdserver.WatchCreateRequest;
import io.raftgres.etcd.api.etcdserver.WatchGrpc;
import io.raftgres.etcd.api.etcdserver.WatchRequest;
import io.raftgres.etcd.api.etcdserver.WatchResponse;
import io.raftgres.etcd.api.mvcc.Event;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten thousand watches on one node receive every event once and in order, while another watch on the node reads
 * nothing.
 */
@Tag("long")
class ManyWatchesIT {

    /** Number of watches on one stream, each of its own key. */
    private static final int OWN = 5_000;

    /** Number of streams with one watch each, all of the same key. */
    private static final int SAME = 5_000;

    private static final int CHANGES_OF_SAME = 20;
    private static final ByteString SAME_KEY = ByteString.copyFromUtf8("w/same");
    private static final ByteString PREFIX = ByteString.copyFromUtf8("w/");
    private static final ByteString PREFIX_END = ByteString.copyFromUtf8("w0");

    /** All changes together are larger than the buffers of a stream, in the network and in the node. */
    private static final ByteString VALUE = ByteString.copyFrom(new byte[4 << 10]);

    @TempDir
    Path directory;

    private final AtomicReference<String> wrong = new AtomicReference<>();

    @Test
    void allWatchesAreServedWhileOneReadsNothing() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", cluster.etcdPort(1))
                    .usePlaintext()
                    .build();
            try {
                Stream slow = new Stream(channel, 0);
                slow.watch(PREFIX, PREFIX_END);
                slow.request(1);
                Stream own = new Stream(channel, Integer.MAX_VALUE);
                for (int i = 0; i < OWN; i++) {
                    own.watch(ownKey(i), ByteString.EMPTY);
                }
                List<Stream> same = new ArrayList<>();
                for (int i = 0; i < SAME; i++) {
                    Stream stream = new Stream(channel, Integer.MAX_VALUE);
                    stream.watch(SAME_KEY, ByteString.EMPTY);
                    same.add(stream);
                }
                Await.until(
                        "all watches to be there",
                        Duration.ofSeconds(120),
                        () -> slow.created.get() == 1
                                && own.created.get() == OWN
                                && same.stream().allMatch(each -> each.created.get() == 1));
                long began = System.nanoTime();
                put(channel);
                Await.until(
                        "all watches to be notified",
                        Duration.ofSeconds(120),
                        () -> wrong.get() != null
                                || own.events.get() == OWN
                                        && same.stream().allMatch(each -> each.events.get() == CHANGES_OF_SAME));
                long reported = System.nanoTime() - began;
                assertNull(wrong.get());
                assertEquals(0, slow.events.get(), "nothing was asked for");
                slow.request(Integer.MAX_VALUE);
                Await.until(
                        "the slow one to be notified",
                        Duration.ofSeconds(120),
                        () -> wrong.get() != null || slow.events.get() == OWN + CHANGES_OF_SAME);
                assertNull(wrong.get());
                assertEquals(OWN, own.events.get(), "events that came twice");
                System.out.printf(
                        "%d watches reported %d events in %d ms, and one that took nothing meanwhile all of %d"
                                + " after it%n",
                        OWN + SAME,
                        OWN + SAME * CHANGES_OF_SAME,
                        TimeUnit.NANOSECONDS.toMillis(reported),
                        OWN + CHANGES_OF_SAME);
            } finally {
                channel.shutdownNow();
            }
        }
    }

    private static ByteString ownKey(int number) {
        return ByteString.copyFromUtf8("w/own/" + number);
    }

    private static void put(ManagedChannel channel) throws Exception {
        KVGrpc.KVFutureStub kv = KVGrpc.newFutureStub(channel);
        Calls.each(OWN, number -> kv.put(put(ownKey(number - 1))));
        KVGrpc.KVBlockingStub one = KVGrpc.newBlockingStub(channel);
        for (int i = 0; i < CHANGES_OF_SAME; i++) {
            one.withDeadlineAfter(30, TimeUnit.SECONDS).put(put(SAME_KEY));
        }
    }

    private static PutRequest put(ByteString key) {
        return PutRequest.newBuilder().setKey(key).setValue(VALUE).build();
    }

    /** A stream of watches that counts its events and checks their order. */
    private final class Stream implements ClientResponseObserver<WatchRequest, WatchResponse> {

        final AtomicInteger created = new AtomicInteger();
        final AtomicInteger events = new AtomicInteger();
        private final StreamObserver<WatchRequest> requests;
        private final int first;
        private ClientCallStreamObserver<WatchRequest> call;
        /** Revision of the last event of each watch: etcd orders events only within a watch. */
        private final Map<Long, Long> revisions = new HashMap<>();

        /** @param first responses to be taken at once */
        Stream(ManagedChannel channel, int first) {
            this.first = first;
            this.requests = WatchGrpc.newStub(channel).watch(this);
        }

        void watch(ByteString key, ByteString end) {
            requests.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(
                            WatchCreateRequest.newBuilder().setKey(key).setRangeEnd(end))
                    .build());
        }

        void request(int count) {
            call.request(count);
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
            call = stream;
            stream.disableAutoRequestWithInitial(first);
        }

        @Override
        public void onNext(WatchResponse response) {
            if (response.getCanceled()) {
                wrong.set("canceled: " + response.getCancelReason());
            }
            if (response.getCreated()) {
                created.incrementAndGet();
            }
            for (Event event : response.getEventsList()) {
                long next = event.getKv().getModRevision();
                Long last = revisions.put(response.getWatchId(), next);
                if (last != null && next <= last) {
                    wrong.set("revision " + next + " after " + last + " on watch " + response.getWatchId());
                }
                events.incrementAndGet();
            }
        }

        @Override
        public void onError(Throwable why) {
            wrong.compareAndSet(null, "a stream ended: " + why);
        }

        @Override
        public void onCompleted() {
            wrong.compareAndSet(null, "a stream was closed");
        }
    }
}
