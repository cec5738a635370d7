package io.raftgres.node.etcd.maintenance;

import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.ClusterGrpc;
import io.raftgres.etcd.api.etcdserver.MemberAddRequest;
import io.raftgres.etcd.api.etcdserver.MemberAddResponse;
import io.raftgres.etcd.api.etcdserver.MemberListRequest;
import io.raftgres.etcd.api.etcdserver.MemberListResponse;
import io.raftgres.etcd.api.etcdserver.MemberPromoteRequest;
import io.raftgres.etcd.api.etcdserver.MemberPromoteResponse;
import io.raftgres.etcd.api.etcdserver.MemberRemoveRequest;
import io.raftgres.etcd.api.etcdserver.MemberRemoveResponse;
import io.raftgres.etcd.api.etcdserver.MemberUpdateRequest;
import io.raftgres.etcd.api.etcdserver.MemberUpdateResponse;
import io.raftgres.etcd.api.etcdserver.ResponseHeader;
import io.raftgres.node.etcd.auth.CallService;
import io.raftgres.node.etcd.call.Calls;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.etcd.message.Headers;
import io.raftgres.node.kv.Limits;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.health.ClusterView.MemberView;
import io.raftgres.node.service.membership.ClusterAdmin;
import io.raftgres.node.service.membership.UnstartedMember;
import java.time.Duration;
import java.util.HexFormat;

/** etcd's Cluster service. Its checks before a change only select etcd's error text for a refusal. */
public final class ClusterEndpoint extends ClusterGrpc.ClusterImplBase {

    /** A change of the members waits for a majority, and for other changes before it. */
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final CallService service;
    private final Headers headers;

    public ClusterEndpoint(CallService service, Headers headers) {
        this.service = service;
        this.headers = headers;
    }

    @Override
    public void memberList(MemberListRequest request, StreamObserver<MemberListResponse> client) {
        if (!request.getLinearizable()) {
            Calls.guard(client, () -> Calls.answer(client, list()));
            return;
        }
        // A member that has applied what was committed before has every change of the members that was.
        Calls.offload("etcd-member-list", client, () -> {
            service.auth(TIMEOUT);
            Calls.answer(client, list());
        });
    }

    private MemberListResponse list() {
        return MemberListResponse.newBuilder()
                .setHeader(header())
                .addAllMembers(EtcdMembers.all(service.cluster()))
                .build();
    }

    @Override
    public void memberAdd(MemberAddRequest request, StreamObserver<MemberAddResponse> client) {
        Calls.offload("etcd-member-add", client, () -> {
            String peerAddress = EtcdMembers.peerAddress(request.getPeerURLsList());
            requireFree(peerAddress, "");
            if (service.cluster().members().stream()
                            .filter(each -> !each.voter())
                            .count()
                    >= Limits.MAX_LEARNERS) {
                throw EtcdError.TOO_MANY_LEARNERS.exception();
            }
            ClusterAdmin.Added added = unlessRefused(
                    EtcdError.UNHEALTHY,
                    () -> service.admin()
                            .add(
                                    new ClusterAdmin.NewMember(
                                            UnstartedMember.name(peerAddress, request.getIsLearner()),
                                            peerAddress,
                                            UnstartedMember.clientAddress(peerAddress),
                                            false),
                                    TIMEOUT));
            if (!added.created()) {
                throw EtcdError.PEER_URL_EXISTS.exception();
            }
            Calls.answer(
                    client,
                    MemberAddResponse.newBuilder()
                            .setHeader(header())
                            .setMember(
                                    EtcdMembers.of(added.member()).toBuilder().clearClientURLs())
                            .addAllMembers(EtcdMembers.all(service.cluster()))
                            .build());
        });
    }

    private void requireFree(String peerAddress, String self) {
        if (service.cluster().members().stream()
                .anyMatch(each -> !each.id().equals(self) && each.peerAddress().equals(peerAddress))) {
            throw EtcdError.PEER_URL_EXISTS.exception();
        }
    }

    @Override
    public void memberRemove(MemberRemoveRequest request, StreamObserver<MemberRemoveResponse> client) {
        Calls.offload("etcd-member-remove", client, () -> {
            MemberView member = require(request.getID());
            boolean last = member.voter()
                    && service.cluster().members().stream()
                                    .filter(MemberView::voter)
                                    .count()
                            == 1;
            unlessRefused(
                    last ? EtcdError.NOT_ENOUGH_STARTED : EtcdError.UNHEALTHY,
                    () -> service.admin().remove(member.id(), TIMEOUT));
            Calls.answer(
                    client,
                    MemberRemoveResponse.newBuilder()
                            .setHeader(header())
                            .addAllMembers(EtcdMembers.all(service.cluster()))
                            .build());
        });
    }

    @Override
    public void memberUpdate(MemberUpdateRequest request, StreamObserver<MemberUpdateResponse> client) {
        Calls.offload("etcd-member-update", client, () -> {
            MemberView member = require(request.getID());
            String peerAddress = EtcdMembers.peerAddress(request.getPeerURLsList());
            requireFree(peerAddress, member.id());
            unlessRefused(EtcdError.UNHEALTHY, () -> service.admin().update(member.id(), peerAddress, null, TIMEOUT));
            Calls.answer(
                    client,
                    MemberUpdateResponse.newBuilder()
                            .setHeader(header())
                            .addAllMembers(EtcdMembers.all(service.cluster()))
                            .build());
        });
    }

    @Override
    public void memberPromote(MemberPromoteRequest request, StreamObserver<MemberPromoteResponse> client) {
        Calls.offload("etcd-member-promote", client, () -> {
            MemberView member = require(request.getID());
            if (member.voter()) {
                throw EtcdError.MEMBER_NOT_LEARNER.exception();
            }
            unlessRefused(EtcdError.LEARNER_NOT_READY, () -> service.admin().promote(member.id(), TIMEOUT));
            Calls.answer(
                    client,
                    MemberPromoteResponse.newBuilder()
                            .setHeader(header())
                            .addAllMembers(EtcdMembers.all(service.cluster()))
                            .build());
        });
    }

    private MemberView require(long id) {
        return service.cluster()
                .member(HexFormat.of().toHexDigits(id))
                .orElseThrow(EtcdError.MEMBER_NOT_FOUND::exception);
    }

    private interface Change<T> {
        T run();
    }

    /** @param refused etcd's error for a change that is not safe now */
    private static <T> T unlessRefused(EtcdError refused, Change<T> change) {
        try {
            return change.run();
        } catch (ServiceException.Refused e) {
            throw refused.exception();
        } catch (ServiceException.Invalid e) {
            throw EtcdError.BAD_URLS.exception();
        }
    }

    /** The header has no revision, as in etcd. */
    private ResponseHeader header() {
        return headers.at(0);
    }
}
