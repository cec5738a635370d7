package io.raftgres.e2e.etcd;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseGrantRequest;
import io.raftgres.etcd.api.etcdserver.LeaseGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseRevokeRequest;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.v3election.CampaignRequest;
import io.raftgres.etcd.api.v3election.CampaignResponse;
import io.raftgres.etcd.api.v3election.ElectionGrpc;
import io.raftgres.etcd.api.v3election.LeaderKey;
import io.raftgres.etcd.api.v3election.LeaderRequest;
import io.raftgres.etcd.api.v3election.LeaderResponse;
import io.raftgres.etcd.api.v3election.ProclaimRequest;
import io.raftgres.etcd.api.v3election.ResignRequest;
import io.raftgres.etcd.api.v3lock.LockGrpc;
import io.raftgres.etcd.api.v3lock.LockRequest;
import io.raftgres.etcd.api.v3lock.LockResponse;
import io.raftgres.etcd.api.v3lock.UnlockRequest;
import java.util.Iterator;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A client of the services for locks and elections, with its own leases. */
final class Session implements AutoCloseable {

    private final ManagedChannel channel;

    Session(String target) {
        this.channel = NettyChannelBuilder.forTarget(target).usePlaintext().build();
    }

    static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    long lease() {
        return lease(0);
    }

    /** @param id of the lease; 0: any */
    long lease(long id) {
        return LeaseGrpc.newBlockingStub(channel)
                .leaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(500).build())
                .getID();
    }

    void revoke(long lease) {
        LeaseGrpc.newBlockingStub(channel)
                .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());
    }

    CompletableFuture<LockResponse> lock(String name, long lease) {
        return lock(name, lease, Context.ROOT);
    }

    /** @param context the call ends when this context is cancelled */
    CompletableFuture<LockResponse> lock(String name, long lease, Context context) {
        LockRequest request =
                LockRequest.newBuilder().setName(bytes(name)).setLease(lease).build();
        return later(context, () -> LockGrpc.newBlockingStub(channel).lock(request));
    }

    void unlock(ByteString key) {
        LockGrpc.newBlockingStub(channel)
                .unlock(UnlockRequest.newBuilder().setKey(key).build());
    }

    CompletableFuture<CampaignResponse> campaign(String name, long lease, String value) {
        CampaignRequest request = CampaignRequest.newBuilder()
                .setName(bytes(name))
                .setLease(lease)
                .setValue(bytes(value))
                .build();
        return later(Context.ROOT, () -> ElectionGrpc.newBlockingStub(channel).campaign(request));
    }

    private static <T> CompletableFuture<T> later(Context context, Callable<T> call) {
        CompletableFuture<T> response = new CompletableFuture<>();
        Thread.ofVirtual().start(context.wrap(() -> {
            try {
                response.complete(call.call());
            } catch (Exception e) {
                response.completeExceptionally(e);
            }
        }));
        return response;
    }

    String proclaim(LeaderKey leader, String value) {
        return outcome(() -> election()
                .proclaim(ProclaimRequest.newBuilder()
                        .setLeader(leader)
                        .setValue(bytes(value))
                        .build()));
    }

    String resign(LeaderKey leader) {
        return outcome(() ->
                election().resign(ResignRequest.newBuilder().setLeader(leader).build()));
    }

    String leader(String name) {
        return outcome(() -> election()
                .leader(LeaderRequest.newBuilder().setName(bytes(name)).build()));
    }

    Iterator<LeaderResponse> observe(String name) {
        return ElectionGrpc.newBlockingStub(channel)
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .observe(LeaderRequest.newBuilder().setName(bytes(name)).build());
    }

    private ElectionGrpc.ElectionBlockingStub election() {
        return ElectionGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private static String outcome(Callable<?> call) {
        try {
            return call.call() instanceof LeaderResponse leader
                    ? leader.getKv().getValue().toStringUtf8()
                    : "done";
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode() + ": " + e.getStatus().getDescription();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** @return number of keys under a name */
    long keys(String name) {
        return KVGrpc.newBlockingStub(channel)
                .range(RangeRequest.newBuilder()
                        .setKey(bytes(name + "/"))
                        .setRangeEnd(bytes(name + "0"))
                        .setCountOnly(true)
                        .build())
                .getCount();
    }

    @Override
    public void close() throws InterruptedException {
        channel.shutdownNow();
        channel.awaitTermination(10, TimeUnit.SECONDS);
    }
}
