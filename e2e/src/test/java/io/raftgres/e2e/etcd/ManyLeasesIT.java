package io.raftgres.e2e.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.raftgres.e2e.Await;
import io.raftgres.e2e.Cluster;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseGrantRequest;
import io.raftgres.etcd.api.etcdserver.LeaseGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseLeasesRequest;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A hundred thousand leases survive the loss of a leader. Thousands of leases that expire at once delete their keys
 * soon.
 */
@Tag("long")
class ManyLeasesIT {

    private static final int LASTING = Integer.getInteger("e2e.etcd.leases", 100_000);
    private static final int SHORT = 5_000;
    private static final ByteString PREFIX = ByteString.copyFromUtf8("s/");
    private static final ByteString PREFIX_END = ByteString.copyFromUtf8("s0");

    @TempDir
    Path directory;

    @Test
    void allLeasesAreKeptAliveAndAllExpire() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            on(cluster, 1, channel -> {
                LeaseGrpc.LeaseFutureStub leases = LeaseGrpc.newFutureStub(channel);
                Calls.each(LASTING, number -> leases.leaseGrant(grant(number, 3_600)));
                assertEquals(LASTING, count(channel));
            });
            int leader = cluster.leader();
            cluster.killProcess(leader);
            int survivor = leader % 3 + 1;
            on(cluster, survivor, channel -> {
                Await.until("the others to show all leases", Duration.ofSeconds(60), () -> count(channel) == LASTING);
                expire(channel);
                cluster.startNode(leader);
                assertEquals(LASTING, count(channel), "none of those that last has ended");
            });
        }
    }

    private interface Use {
        void of(ManagedChannel channel) throws Exception;
    }

    private static void on(Cluster cluster, int node, Use use) throws Exception {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", cluster.etcdPort(node))
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
        try {
            use.of(channel);
        } finally {
            channel.shutdownNow();
        }
    }

    private static void expire(ManagedChannel channel) throws Exception {
        LeaseGrpc.LeaseFutureStub leases = LeaseGrpc.newFutureStub(channel);
        KVGrpc.KVFutureStub kv = KVGrpc.newFutureStub(channel);
        Calls.each(SHORT, number -> leases.leaseGrant(grant(LASTING + number, 25)));
        Calls.each(
                SHORT,
                number -> kv.put(PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("s/" + number))
                        .setLease(LASTING + number)
                        .build()));
        assertEquals(SHORT, keys(channel));
        long began = System.nanoTime();
        Await.until("the short leases to end", Duration.ofSeconds(120), () -> count(channel) == LASTING);
        assertEquals(0, keys(channel));
        System.out.printf(
                "%d leases kept; %d that expired together, with their keys, were gone %d s after they had"
                        + " been made%n",
                LASTING, SHORT, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began));
    }

    private static LeaseGrantRequest grant(int number, long seconds) {
        return LeaseGrantRequest.newBuilder().setID(number).setTTL(seconds).build();
    }

    private static long count(ManagedChannel channel) {
        return LeaseGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .leaseLeases(LeaseLeasesRequest.getDefaultInstance())
                .getLeasesCount();
    }

    private static long keys(ManagedChannel channel) {
        return KVGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .range(RangeRequest.newBuilder()
                        .setKey(PREFIX)
                        .setRangeEnd(PREFIX_END)
                        .setCountOnly(true)
                        .build())
                .getCount();
    }
}
