package io.raftgres.node.etcd.maintenance;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.AlarmMember;
import io.raftgres.etcd.api.etcdserver.AlarmRequest;
import io.raftgres.etcd.api.etcdserver.AlarmResponse;
import io.raftgres.etcd.api.etcdserver.AlarmType;
import io.raftgres.etcd.api.etcdserver.DefragmentRequest;
import io.raftgres.etcd.api.etcdserver.DefragmentResponse;
import io.raftgres.etcd.api.etcdserver.DowngradeInfo;
import io.raftgres.etcd.api.etcdserver.DowngradeRequest;
import io.raftgres.etcd.api.etcdserver.DowngradeResponse;
import io.raftgres.etcd.api.etcdserver.HashKVRequest;
import io.raftgres.etcd.api.etcdserver.HashKVResponse;
import io.raftgres.etcd.api.etcdserver.HashRequest;
import io.raftgres.etcd.api.etcdserver.HashResponse;
import io.raftgres.etcd.api.etcdserver.MaintenanceGrpc;
import io.raftgres.etcd.api.etcdserver.MoveLeaderRequest;
import io.raftgres.etcd.api.etcdserver.MoveLeaderResponse;
import io.raftgres.etcd.api.etcdserver.SnapshotRequest;
import io.raftgres.etcd.api.etcdserver.SnapshotResponse;
import io.raftgres.etcd.api.etcdserver.StatusRequest;
import io.raftgres.etcd.api.etcdserver.StatusResponse;
import io.raftgres.node.etcd.auth.CallService;
import io.raftgres.node.etcd.call.Backpressure;
import io.raftgres.node.etcd.call.Calls;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.etcd.call.EtcdVersion;
import io.raftgres.node.etcd.message.Headers;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.Maintenance;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.node.service.health.ClusterView.Leader;
import io.raftgres.node.service.health.ClusterView.MemberView;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/** etcd's Maintenance service. */
public final class MaintenanceEndpoint extends MaintenanceGrpc.MaintenanceImplBase {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    /** A snapshot ends when its client takes nothing for this time. */
    private static final Duration STALL = Duration.ofSeconds(60);

    private static final Pattern VERSION = Pattern.compile("\\d{1,9}\\.\\d{1,9}(\\.\\d{1,9})?");

    /** etcd's value for: never compacted. */
    private static final long NOT_COMPACTED = -1;

    private final CallService service;
    private final Headers headers;

    public MaintenanceEndpoint(CallService service, Headers headers) {
        this.service = service;
        this.headers = headers;
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> client) {
        Calls.offload("etcd-status", client, () -> {
            ClusterView cluster = service.cluster();
            MemberView self = self(cluster);
            StatusResponse.Builder status = StatusResponse.newBuilder()
                    .setHeader(headers.now())
                    .setVersion(EtcdVersion.SERVER)
                    .setStorageVersion(EtcdVersion.SERVER)
                    .setRaftIndex(self.commitIndex())
                    .setRaftAppliedIndex(self.appliedIndex())
                    .setRaftTerm(cluster.term())
                    .setIsLearner(!self.voter())
                    .setDowngradeInfo(DowngradeInfo.getDefaultInstance());
            if (cluster.leader() == null) {
                status.addErrors(EtcdError.NO_LEADER.status().getDescription());
            } else {
                status.setLeader(id(cluster.leader().id()));
            }
            EtcdAlarms.of(cluster).forEach(alarm -> status.addErrors(EtcdAlarms.text(alarm)));
            try {
                Maintenance.Size size = service.maintenance().size();
                status.setDbSize(size.bytes()).setDbSizeInUse(size.inUse());
            } catch (ServiceException.Unavailable e) {
                status.addErrors("etcdserver: " + e.getMessage());
            }
            Calls.answer(client, status.build());
        });
    }

    private static MemberView self(ClusterView cluster) {
        return cluster.own()
                .orElseThrow(() ->
                        new ServiceException.Unavailable("this member's log does not contain it as a member yet"));
    }

    private static long id(String hex) {
        return HexFormat.fromHexDigitsToLong(hex);
    }

    /**
     * The members' own checks raise and clear alarms. So a deactivation changes nothing, like etcd's deactivation of an
     * alarm that is not raised. A client cannot raise an alarm.
     */
    @Override
    public void alarm(AlarmRequest request, StreamObserver<AlarmResponse> client) {
        Calls.guard(client, () -> {
            if (request.getAction() != AlarmRequest.AlarmAction.GET) {
                service.admin();
            }
            List<AlarmMember> raised = EtcdAlarms.of(service.cluster()).stream()
                    .filter(alarm -> request.getAlarm() == AlarmType.NONE || request.getAlarm() == alarm.getAlarm())
                    .toList();
            AlarmResponse.Builder response = AlarmResponse.newBuilder().setHeader(headers.now());
            Calls.answer(
                    client,
                    switch (request.getAction()) {
                        case GET -> response.addAllAlarms(raised).build();
                        case DEACTIVATE -> response.build();
                        case ACTIVATE, UNRECOGNIZED ->
                            throw Status.UNIMPLEMENTED
                                    .withDescription("etcdserver: alarms are"
                                            + " raised by the members' own checks, not by hand")
                                    .asRuntimeException();
                    });
        });
    }

    @Override
    public void defragment(DefragmentRequest request, StreamObserver<DefragmentResponse> client) {
        Calls.offload("etcd-defragment", client, () -> {
            service.maintenance().vacuum();
            Calls.answer(client, DefragmentResponse.getDefaultInstance());
        });
    }

    /** The hash of the live rows, as the log determines it: members at the same applied index have the same one. */
    @Override
    public void hash(HashRequest request, StreamObserver<HashResponse> client) {
        Calls.guard(client, () -> {
            MemberView self = self(service.cluster());
            Calls.answer(
                    client,
                    HashResponse.newBuilder()
                            .setHeader(headers.at(self.revision()))
                            .setHash(Long.hashCode(id(self.hash())))
                            .build());
        });
    }

    @Override
    public void hashKV(HashKVRequest request, StreamObserver<HashKVResponse> client) {
        Calls.offload("etcd-hashkv", client, () -> {
            Maintenance.RevisionHash hash = service.maintenance().hash(Math.max(0, request.getRevision()), TIMEOUT);
            Calls.answer(
                    client,
                    HashKVResponse.newBuilder()
                            .setHeader(headers.at(hash.current()))
                            .setHash(hash.hash())
                            .setHashRevision(hash.revision())
                            .setCompactRevision(
                                    hash.compactedRevision() == 0 ? NOT_COMPACTED : hash.compactedRevision())
                            .build());
        });
    }

    @Override
    public void snapshot(SnapshotRequest request, StreamObserver<SnapshotResponse> client) {
        Backpressure backpressure = new Backpressure((ServerCallStreamObserver<SnapshotResponse>) client, STALL);
        Calls.offload("etcd-snapshot", client, () -> {
            service.maintenance().snapshot((bytes, remaining) -> {
                backpressure.awaitReady();
                client.onNext(SnapshotResponse.newBuilder()
                        .setBlob(UnsafeByteOperations.unsafeWrap(bytes))
                        .setRemainingBytes(remaining)
                        .setVersion(EtcdVersion.SERVER)
                        .build());
            });
            client.onCompleted();
        });
    }

    @Override
    public void moveLeader(MoveLeaderRequest request, StreamObserver<MoveLeaderResponse> client) {
        Calls.offload("etcd-move-leader", client, () -> {
            ClusterView cluster = service.cluster();
            if (cluster.leader() == null || !cluster.leader().id().equals(cluster.self())) {
                throw EtcdError.NOT_LEADER.exception();
            }
            String target = HexFormat.of().toHexDigits(request.getTargetID());
            if (cluster.member(target).filter(MemberView::voter).isEmpty()) {
                throw EtcdError.BAD_LEADER_TRANSFEREE.exception();
            }
            if (!target.equals(transfer(target).id())) {
                throw EtcdError.TIMEOUT_LEADER_TRANSFER.exception();
            }
            Calls.answer(client, MoveLeaderResponse.getDefaultInstance());
        });
    }

    private Leader transfer(String target) {
        try {
            return service.admin().transferLeadership(target, TIMEOUT);
        } catch (ServiceException.Refused e) {
            throw EtcdError.TIMEOUT_LEADER_TRANSFER.exception();
        }
    }

    /**
     * There is no older version. The check before a downgrade gets the response of a current etcd; a downgrade never
     * begins.
     */
    @Override
    public void downgrade(DowngradeRequest request, StreamObserver<DowngradeResponse> client) {
        Calls.guard(client, () -> {
            if (request.getAction() != DowngradeRequest.DowngradeAction.CANCEL) {
                requireVersionBefore(request.getVersion());
            }
            if (request.getAction() == DowngradeRequest.DowngradeAction.ENABLE) {
                throw EtcdError.INVALID_DOWNGRADE_TARGET.exception();
            }
            Calls.answer(
                    client,
                    DowngradeResponse.newBuilder()
                            .setHeader(headers.now())
                            .setVersion(EtcdVersion.MINOR)
                            .build());
        });
    }

    private static void requireVersionBefore(String version) {
        if (!VERSION.matcher(version).matches()) {
            throw EtcdError.WRONG_DOWNGRADE_VERSION_FORMAT.exception();
        }
        if (!(version + ".").startsWith(EtcdVersion.BEFORE + ".")) {
            throw EtcdError.INVALID_DOWNGRADE_TARGET.exception();
        }
    }
}
