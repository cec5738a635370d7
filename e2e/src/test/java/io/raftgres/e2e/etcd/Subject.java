package io.raftgres.e2e.etcd;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.CompactionRequest;
import io.raftgres.etcd.api.etcdserver.DefragmentRequest;
import io.raftgres.etcd.api.etcdserver.DeleteRangeRequest;
import io.raftgres.etcd.api.etcdserver.HashKVRequest;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseGrantRequest;
import io.raftgres.etcd.api.etcdserver.LeaseGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveRequest;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveResponse;
import io.raftgres.etcd.api.etcdserver.LeaseLeasesRequest;
import io.raftgres.etcd.api.etcdserver.LeaseLeasesResponse;
import io.raftgres.etcd.api.etcdserver.LeaseRevokeRequest;
import io.raftgres.etcd.api.etcdserver.LeaseStatus;
import io.raftgres.etcd.api.etcdserver.LeaseTimeToLiveRequest;
import io.raftgres.etcd.api.etcdserver.LeaseTimeToLiveResponse;
import io.raftgres.etcd.api.etcdserver.MaintenanceGrpc;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.etcdserver.RangeResponse;
import io.raftgres.etcd.api.etcdserver.TxnRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A system with etcd's API, to which scripts are sent one after the other. */
final class Subject implements AutoCloseable {

    private static final ByteString ZERO = ByteString.copyFrom(new byte[] {0});
    private static final long TTL_SECONDS_APART = 300;

    private final ManagedChannel channel;
    private final KVGrpc.KVBlockingStub kv;
    private final LeaseGrpc.LeaseBlockingStub lease;

    Subject(String target) {
        this.channel = NettyChannelBuilder.forTarget(target)
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
        this.kv = KVGrpc.newBlockingStub(channel);
        this.lease = LeaseGrpc.newBlockingStub(channel);
    }

    private KVGrpc.KVBlockingStub kv() {
        return kv.withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private LeaseGrpc.LeaseBlockingStub leases() {
        return lease.withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    /** @return a response or an error for each step, then the events of each watch */
    List<String> run(List<Step> script) throws InterruptedException {
        long base = reset();
        List<String> said = new ArrayList<>();
        try (WatchRecorder watches = new WatchRecorder(channel, base)) {
            for (Step step : script) {
                said.add(
                        switch (step) {
                            case Step.Call call -> ask(call.request(), base);
                            case Step.Stream stream -> stream(stream.request(), base);
                            case Step.Watch watch -> watches.open(watch.request());
                        });
            }
            said.addAll(watches.finish(end()));
        }
        return said;
    }

    /**
     * Removes all keys and leases, and compacts.
     *
     * @return the number to add to the script's revisions
     */
    private long reset() {
        for (LeaseStatus each :
                leases().leaseLeases(LeaseLeasesRequest.getDefaultInstance()).getLeasesList()) {
            leases().leaseRevoke(
                            LeaseRevokeRequest.newBuilder().setID(each.getID()).build());
        }
        // Puts a key first, so that each script begins at a revision that is not compacted yet.
        kv().put(PutRequest.newBuilder().setKey(ZERO).build());
        long revision = kv().deleteRange(DeleteRangeRequest.newBuilder()
                        .setKey(ZERO)
                        .setRangeEnd(ZERO)
                        .build())
                .getHeader()
                .getRevision();
        kv().compact(CompactionRequest.newBuilder()
                .setRevision(revision)
                .setPhysical(true)
                .build());
        return revision - Revisions.BEGIN;
    }

    /** @return a revision that all watches must reach */
    private long end() {
        return kv().put(PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("~end"))
                        .build())
                .getHeader()
                .getRevision();
    }

    /**
     * @return the hash at the revision of a deletion: before a compaction at this revision, after it, and after a
     *     defragmentation
     */
    List<Integer> hashesAroundACompaction() {
        reset();
        kv().put(PutRequest.newBuilder().setKey(ZERO).build());
        long deleted = kv().deleteRange(
                        DeleteRangeRequest.newBuilder().setKey(ZERO).build())
                .getHeader()
                .getRevision();
        List<Integer> hashes = new ArrayList<>();
        hashes.add(hash(deleted));
        kv().compact(CompactionRequest.newBuilder()
                .setRevision(deleted)
                .setPhysical(true)
                .build());
        hashes.add(hash(deleted));
        maintenance().defragment(DefragmentRequest.getDefaultInstance());
        hashes.add(hash(deleted));
        return hashes;
    }

    private int hash(long revision) {
        return maintenance()
                .hashKV(HashKVRequest.newBuilder().setRevision(revision).build())
                .getHash();
    }

    private MaintenanceGrpc.MaintenanceBlockingStub maintenance() {
        return MaintenanceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private String ask(Message request, long base) {
        Message asked = Revisions.shifted(request, base);
        try {
            return switch (asked) {
                case RangeRequest range -> Revisions.text(kv().range(range), base);
                case PutRequest put -> Revisions.text(kv().put(put), base);
                case DeleteRangeRequest delete -> Revisions.text(kv().deleteRange(delete), base);
                case TxnRequest txn -> Revisions.text(kv().txn(txn), base);
                case CompactionRequest compaction -> Revisions.text(kv().compact(compaction), base);
                case LeaseGrantRequest grant -> Revisions.text(leases().leaseGrant(grant), base);
                case LeaseRevokeRequest revoke -> Revisions.text(leases().leaseRevoke(revoke), base);
                case LeaseKeepAliveRequest alive -> Revisions.text(keepAlive(alive), base);
                case LeaseTimeToLiveRequest left -> text(leases().leaseTimeToLive(left));
                case LeaseLeasesRequest list -> text(leases().leaseLeases(list));
                default -> throw new IllegalArgumentException("no call takes " + request);
            };
        } catch (StatusRuntimeException e) {
            return failure(e);
        }
    }

    private LeaseKeepAliveResponse keepAlive(LeaseKeepAliveRequest request) {
        BlockingResponse<LeaseKeepAliveResponse> response = new BlockingResponse<>();
        StreamObserver<LeaseKeepAliveRequest> requests = LeaseGrpc.newStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .leaseKeepAlive(response);
        requests.onNext(request);
        requests.onCompleted();
        return response.get();
    }

    private static String failure(StatusRuntimeException e) {
        return e.getStatus().getCode() + ": " + e.getStatus().getDescription();
    }

    private String stream(RangeRequest request, long base) {
        RangeResponse.Builder whole = RangeResponse.newBuilder();
        try {
            kv().rangeStream((RangeRequest) Revisions.shifted(request, base))
                    .forEachRemaining(piece -> whole.mergeFrom(piece.getRangeResponse()));
            return Revisions.text(whole.build(), base);
        } catch (StatusRuntimeException e) {
            return failure(e);
        }
    }

    /**
     * Reduces the remaining time to fresh or old, because time passes between the two requests, and sorts the keys,
     * because etcd has them in any order.
     */
    private static String text(LeaseTimeToLiveResponse left) {
        boolean fresh = left.getTTL() >= left.getGrantedTTL() - TTL_SECONDS_APART;
        return "granted " + left.getGrantedTTL() + (left.getTTL() < 0 ? " absent" : fresh ? " fresh" : " old")
                + " keys "
                + left.getKeysList().stream()
                        .map(ByteString::toStringUtf8)
                        .sorted()
                        .toList();
    }

    private static String text(LeaseLeasesResponse list) {
        return list.getLeasesList().stream()
                .map(LeaseStatus::getID)
                .sorted(Comparator.naturalOrder())
                .toList()
                .toString();
    }

    @Override
    public void close() throws InterruptedException {
        channel.shutdownNow();
        channel.awaitTermination(10, TimeUnit.SECONDS);
    }
}
