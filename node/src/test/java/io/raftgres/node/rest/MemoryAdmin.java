package io.raftgres.node.rest;

import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.node.service.health.ClusterView.MemberView;
import io.raftgres.node.service.membership.ClusterAdmin;
import io.raftgres.node.service.membership.UnstartedMember;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A membership in memory. It refuses the same changes as a real one. */
final class MemoryAdmin implements ClusterAdmin {

    private final List<MemberView> members = new ArrayList<>();
    private int nextId = 0xa1;
    volatile Duration lastTimeout;

    MemoryAdmin() {
        members.add(view("node1", true, "localhost:9081", "http://localhost:8081"));
    }

    private MemberView view(String name, boolean voter, String peer, String client) {
        return new MemberView(
                "%016x".formatted(nextId++),
                name,
                voter ? "leader" : "learner",
                voter,
                peer,
                client,
                7,
                6,
                43,
                42,
                41,
                40,
                5,
                "00000000000000ff",
                40,
                "0.1.0",
                0,
                42,
                0,
                "serving",
                List.of(),
                UnstartedMember.is(name) ? "" : name,
                "http://localhost:2379");
    }

    synchronized List<MemberView> members() {
        return List.copyOf(members);
    }

    @Override
    public synchronized Added add(NewMember member, Duration timeout) {
        lastTimeout = timeout;
        Optional<MemberView> there = find(member.name());
        if (there.isPresent() && there.get().peerAddress().equals(member.peerAddress())) {
            return new Added("00000000000000c1", there.get(), members(), false);
        }
        if (there.isPresent() && !member.replace()) {
            throw new ServiceException.Refused("there is a member " + member.name() + " already");
        }
        there.ifPresent(members::remove);
        MemberView added = view(member.name(), false, member.peerAddress(), member.clientAddress());
        members.add(added);
        return new Added("00000000000000c1", added, members(), true);
    }

    private Optional<MemberView> find(String who) {
        return members.stream()
                .filter(each -> each.name().equals(who) || each.id().equals(who))
                .findFirst();
    }

    private MemberView require(String who) {
        return find(who).orElseThrow(() -> new ServiceException.NoSuchMember("there is no member '" + who + "'"));
    }

    @Override
    public synchronized MemberView promote(String member, Duration timeout) {
        lastTimeout = timeout;
        MemberView old = require(member);
        if (old.voter()) {
            throw new ServiceException.Refused("member " + old.name() + " is a voter already");
        }
        return old;
    }

    @Override
    public synchronized MemberView update(String member, String peerAddress, String clientAddress, Duration timeout) {
        MemberView old = require(member);
        MemberView now = view(
                old.name(),
                old.voter(),
                peerAddress == null ? old.peerAddress() : peerAddress,
                clientAddress == null ? old.clientAddress() : clientAddress);
        members.set(members.indexOf(old), now);
        return now;
    }

    @Override
    public synchronized MemberView remove(String member, Duration timeout) {
        lastTimeout = timeout;
        MemberView old = require(member);
        if (members.size() == 1) {
            throw new ServiceException.Refused("member " + old.name() + " is the last voter");
        }
        members.remove(old);
        return old;
    }

    @Override
    public synchronized ClusterView.Leader transferLeadership(String target, Duration timeout) {
        lastTimeout = timeout;
        MemberView next = target == null ? members.getFirst() : require(target);
        return new ClusterView.Leader(next.id(), next.name());
    }
}
