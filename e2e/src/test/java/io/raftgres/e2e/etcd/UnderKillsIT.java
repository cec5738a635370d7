package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.raftgres.e2e.Await;
import io.raftgres.e2e.Cluster;
import io.raftgres.etcd.api.etcdserver.CompactionRequest;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseGrantRequest;
import io.raftgres.etcd.api.etcdserver.LeaseGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveRequest;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveResponse;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.mvcc.Event;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Leaders are killed while clients write, watch, keep leases and compact, through etcd's API. No event is lost,
 * duplicated or out of order, and no revision goes back. A lease that is kept alive lives; a lease that is not kept
 * alive ends.
 */
@Tag("long")
class UnderKillsIT {

    private static final int KILLS = Integer.getInteger("e2e.etcd.kills", 6);
    private static final int KEYS = 20;
    private static final long TTL_SECONDS = 10;
    private static final ByteString KEPT = ByteString.copyFromUtf8("lease-kept");
    private static final ByteString LEFT = ByteString.copyFromUtf8("lease-left");

    @TempDir
    Path directory;

    private final AtomicLong answered = new AtomicLong();
    private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
    private List<ManagedChannel> nodes;
    private volatile boolean over;
    private volatile Throwable failure;
    /** Revision of the newest response; it only grows. */
    private long newest;

    @Test
    void watchesLeasesAndCompactionsOutliveLeaders() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            nodes = IntStream.rangeClosed(1, 3)
                    .mapToObj(node -> NettyChannelBuilder.forAddress("127.0.0.1", cluster.etcdPort(node))
                            .usePlaintext()
                            .build())
                    .toList();
            try (ResumingWatch one = new ResumingWatch(nodes, 0);
                    ResumingWatch two = new ResumingWatch(nodes, 1);
                    ResumingWatch three = new ResumingWatch(nodes, 2)) {
                List<ResumingWatch> watches = List.of(one, two, three);
                long kept = grant(KEPT);
                grant(LEFT);
                List<Thread> threads =
                        List.of(start(this::write), start(() -> keepAlive(kept)), start(() -> compact(watches)));
                for (int i = 0; i < KILLS; i++) {
                    int leader = cluster.leader();
                    cluster.killProcess(leader);
                    long before = answered.get();
                    Await.until(
                            "writes after kill " + i,
                            Duration.ofSeconds(60),
                            () -> failure != null || answered.get() > before + 200);
                    cluster.startNode(leader);
                }
                over = true;
                for (Thread thread : threads) {
                    thread.join();
                }
                assertNull(failure, () -> "" + failure);
                assertEquals(1, count(KEPT), "a lease that was kept lives");
                Await.until("the other lease to end", Duration.ofSeconds(60), () -> count(LEFT) == 0);
                check(watches);
            } finally {
                over = true;
                nodes.forEach(ManagedChannel::shutdownNow);
            }
        }
    }

    private void check(List<ResumingWatch> watches) throws Exception {
        long last = put("k0", -1);
        List<Event> expected = null;
        for (ResumingWatch watch : watches) {
            Await.until(
                    "a watch to come to revision " + last,
                    Duration.ofSeconds(60),
                    () -> watch.wrong() != null || watch.revision() >= last);
            assertNull(watch.wrong());
            assertTrue(expected == null || expected.equals(watch.seen()), "all watches report the same");
            expected = watch.seen();
        }
        Set<Long> reported = new HashSet<>();
        expected.forEach(
                event -> reported.add(Long.parseLong(event.getKv().getValue().toStringUtf8())));
        assertTrue(reported.containsAll(acknowledged), "each acknowledged write is reported");
        System.out.printf(
                "%d writes acknowledged over %d kills, %d events, three watches reported the same%n",
                acknowledged.size(), KILLS, expected.size());
    }

    private interface Work {
        void run() throws Exception;
    }

    private Thread start(Work work) {
        return Thread.ofVirtual().start(() -> {
            try {
                work.run();
            } catch (Throwable t) {
                failure = t;
            }
        });
    }

    private void write() throws Exception {
        for (long number = 1; !over; number++) {
            long revision = put("k" + number % KEYS, number);
            if (revision <= newest) {
                throw new AssertionError("revision " + revision + " after " + newest);
            }
            newest = revision;
            acknowledged.add(number);
            answered.incrementAndGet();
        }
    }

    private long put(String key, long value) throws Exception {
        PutRequest put = PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8("" + value))
                .build();
        return anywhere(node -> KVGrpc.newBlockingStub(node)
                        .withDeadlineAfter(2, TimeUnit.SECONDS)
                        .put(put))
                .getHeader()
                .getRevision();
    }

    private long count(ByteString key) throws Exception {
        return anywhere(node -> KVGrpc.newBlockingStub(node)
                        .withDeadlineAfter(2, TimeUnit.SECONDS)
                        .range(RangeRequest.newBuilder().setKey(key).build()))
                .getCount();
    }

    private long grant(ByteString key) throws Exception {
        long lease = anywhere(node -> LeaseGrpc.newBlockingStub(node)
                        .withDeadlineAfter(2, TimeUnit.SECONDS)
                        .leaseGrant(LeaseGrantRequest.newBuilder()
                                .setTTL(TTL_SECONDS)
                                .build()))
                .getID();
        anywhere(node -> KVGrpc.newBlockingStub(node)
                .withDeadlineAfter(2, TimeUnit.SECONDS)
                .put(PutRequest.newBuilder().setKey(key).setLease(lease).build()));
        return lease;
    }

    private void keepAlive(long lease) throws Exception {
        while (!over) {
            long ttl = anywhere(node -> {
                        BlockingResponse<LeaseKeepAliveResponse> response = new BlockingResponse<>();
                        StreamObserver<LeaseKeepAliveRequest> requests = LeaseGrpc.newStub(node)
                                .withDeadlineAfter(2, TimeUnit.SECONDS)
                                .leaseKeepAlive(response);
                        requests.onNext(
                                LeaseKeepAliveRequest.newBuilder().setID(lease).build());
                        requests.onCompleted();
                        return response.get();
                    })
                    .getTTL();
            assertEquals(TTL_SECONDS, ttl, "a lease that is kept never ends early");
            TimeUnit.MILLISECONDS.sleep(300);
        }
    }

    /**
     * Compacts up to the revision that all watches have received, so none of them can ever need a compacted revision.
     */
    private void compact(List<ResumingWatch> watches) throws Exception {
        long compacted = 0;
        while (!over) {
            long revision =
                    watches.stream().mapToLong(ResumingWatch::revision).min().orElseThrow();
            if (revision > compacted + 50) {
                compacted = revision;
                CompactionRequest request =
                        CompactionRequest.newBuilder().setRevision(revision).build();
                anywhere(node -> {
                    try {
                        return KVGrpc.newBlockingStub(node)
                                .withDeadlineAfter(2, TimeUnit.SECONDS)
                                .compact(request);
                    } catch (StatusRuntimeException e) {
                        // The first try has done it, and its response was lost.
                        if (e.getStatus().getCode() == Status.Code.OUT_OF_RANGE) {
                            return null;
                        }
                        throw e;
                    }
                });
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    /** Sends the request to the first node that responds. */
    private <T> T anywhere(Function<ManagedChannel, T> call) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        StatusRuntimeException last = null;
        for (int node = 0; System.nanoTime() < deadline; node++) {
            try {
                return call.apply(nodes.get(node % nodes.size()));
            } catch (StatusRuntimeException e) {
                last = e;
                TimeUnit.MILLISECONDS.sleep(10);
            }
        }
        throw new AssertionError("no node answered within a minute", last);
    }
}
