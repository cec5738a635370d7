package io.raftgres.sim;

import io.raftgres.raft.Input;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.MembershipChange;
import io.raftgres.raft.Role;
import io.raftgres.sim.Randomness.Concern;
import java.util.List;

/**
 * Changes the membership, starts those who were added, and stops those who were removed. Who loses its log is gone for
 * good: it is removed, and whoever takes its place has another identity.
 */
final class MembershipFaults {
    private static final long TEND_US = 250 * Scenario.MS;
    private static final int MEMBERS_MAX = 6;

    private final World world;
    private final Randomness random;

    MembershipFaults(World world) {
        this.world = world;
        random = new Randomness(world.seed, Concern.MEMBERSHIP);
    }

    void start() {
        switch (world.scenario.profile()) {
            case MEMBERSHIP, SNAPSHOTS, CALM -> tend();
            default -> { }
        }
    }

    /** Asks every leader there is, also one that has been replaced and does not know yet. */
    void change() {
        for (SimNode node : world.nodes()) {
            if (node.isUp() && node.core().role() == Role.LEADER) {
                MembershipChange change = choose(node.core().membership());
                if (change != null) {
                    world.trace.line(world.now(), () -> "node" + node.id() + " is asked for " + change);
                    node.step(new Input.ChangeMembership(change));
                    // Changes come in bursts: the second has to wait for the first.
                    if (random.chance(0.5)) {
                        MembershipChange another = choose(node.core().membership());
                        if (another != null) {
                            node.step(new Input.ChangeMembership(another));
                        }
                    }
                }
            }
        }
    }

    private MembershipChange choose(Membership membership) {
        Member gone = gone(membership);
        if (gone != null) {
            // Any other change might be the one too many.
            return new MembershipChange.Remove(gone.id());
        }
        List<Member> learners = membership.members().stream().filter(member -> !member.voter()).toList();
        if (!learners.isEmpty() && random.chance(0.6)) {
            return new MembershipChange.Promote(learners.get(random.below(learners.size())).id());
        }
        int unused = unused(membership);
        if (unused <= World.NODES_MAX && membership.members().size() < MEMBERS_MAX && random.chance(0.6)) {
            return new MembershipChange.AddLearner(World.member(unused, false));
        }
        if (membership.voters().size() > 2) {
            List<Member> members = membership.members();
            Member member = members.get(random.below(members.size()));
            SimNode node = world.node((int) member.id());
            return node == null || world.keepsStateWithout(node) ? new MembershipChange.Remove(member.id()) : null;
        }
        return null;
    }

    private int unused(Membership membership) {
        int unused = 1;
        while (unused <= World.NODES_MAX && (world.node(unused) != null || membership.contains(unused)
                || membership.removed().contains((long) unused))) {
            unused++;
        }
        return unused;
    }

    /** @return a member that will never run again, null when there is none */
    private Member gone(Membership membership) {
        for (Member member : membership.members()) {
            SimNode node = world.node((int) member.id());
            if (node != null && node.isGone()) {
                return member;
            }
        }
        return null;
    }

    /** The disk with a member's log is gone, unless that would cost the cluster its quorum or its state for good. */
    void loseLog(SimNode node) {
        SimNode leader = world.leader();
        if (leader == null || !isSettled(leader) || gone(leader.core().membership()) != null
                || !world.keepsStateWithout(node)) {
            return;
        }
        List<Long> voters = leader.core().membership().voters();
        long left = voters.stream().filter(id -> id != node.id() && world.node(id.intValue()) != null).count();
        if (2 * left > voters.size()) {
            world.trace.line(world.now(), () -> "node" + node.id() + " loses its log");
            node.loseLog();
        }
    }

    /** @return whether no other membership than the committed one is in any log that may yet win */
    private boolean isSettled(SimNode leader) {
        LogImage log = leader.disk().written();
        long commit = leader.core().commitIndex();
        return log.lastChange() <= commit && log.term(commit) == leader.core().term()
                && world.nodes().stream().allMatch(
                        node -> node.disk().written().hardState().term() <= leader.core().term());
    }

    private void tend() {
        mend();
        SimNode leader = world.leader();
        if (leader != null && isCommitted(leader)) {
            for (SimNode node : world.nodes()) {
                if (leader.core().membership().removed().contains((long) node.id()) && !node.isGone()
                        && random.chance(0.1)) {
                    world.trace.line(world.now(), () -> "node" + node.id() + " was removed and stops");
                    node.retire();
                }
            }
        }
        world.after(TEND_US, this::tend);
    }

    /**
     * Starts members that were added and have never run, with nothing on their disks, and removes members that never
     * will run again.
     */
    void mend() {
        SimNode leader = world.leader();
        if (leader == null || !isCommitted(leader)) {
            return;
        }
        for (Member member : leader.core().membership().members()) {
            if (world.node((int) member.id()) == null) {
                world.add((int) member.id()).start();
            }
        }
        Member gone = gone(leader.core().membership());
        if (gone != null) {
            leader.step(new Input.ChangeMembership(new MembershipChange.Remove(gone.id())));
        }
    }

    private static boolean isCommitted(SimNode leader) {
        return leader.disk().written().lastChange() <= leader.core().commitIndex();
    }
}
