package io.raftgres.sim;

import io.raftgres.raft.Entry;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Message.Envelope;
import io.raftgres.raft.Message.PreVoteRequest;
import io.raftgres.raft.Message.PreVoteResponse;
import io.raftgres.raft.Message.VoteRequest;
import io.raftgres.raft.Message.VoteResponse;
import io.raftgres.raft.Output;
import java.util.HashSet;
import java.util.Set;

/** Checks that memberships change safely, and that removed members take no part in elections (thesis, chapter 4). */
final class MembershipChecks {
    private final World world;
    private final CommittedLog log;

    MembershipChecks(World world, CommittedLog log) {
        this.world = world;
        this.log = log;
    }

    /** Checks a membership change that a leader appends. */
    void changing(SimNode node, Entry entry) {
        world.counts.membershipChanges++;
        LogImage image = node.disk().written();
        long commit = Math.max(node.core().commitIndex(), image.base());
        for (long index = commit + 1; index < entry.index(); index++) {
            if (image.entry(index).kind() == Entry.Kind.MEMBERSHIP) {
                throw new Violation(
                        Invariant.MEMBERSHIP,
                        node + " changes the membership at " + entry.index() + ", but the change at " + index
                                + " is not committed");
            }
        }
        if (image.term(commit) != node.core().term()) {
            throw new Violation(
                    Invariant.MEMBERSHIP,
                    node + " changes the membership before an entry of its term is " + "committed");
        }
        Membership was = image.membership(entry.index() - 1);
        Membership is = Membership.decode(entry.data());
        Set<Long> before = new HashSet<>(was.voters());
        Set<Long> after = new HashSet<>(is.voters());
        int kept = (int) after.stream().filter(before::contains).count();
        boolean demotes = before.stream().anyMatch(id -> is.contains(id) && !is.isVoter(id));
        if (before.size() + after.size() - 2 * kept > 1 || demotes) {
            throw new Violation(
                    Invariant.MEMBERSHIP, node + " changes voters " + before + " to " + after + " in one step");
        }
        if (!after.equals(before)) {
            world.leaders.changingVoters(node, is.voters());
        }
        after.removeAll(before);
        for (long promoted : after) {
            promoting(node, entry, world.node((int) promoted), promoted);
        }
    }

    private void promoting(SimNode node, Entry entry, SimNode learner, long id) {
        long has = learner == null ? 0 : learner.disk().durable().last();
        if (has < entry.index() - 1 - Scenario.PROMOTION_LAG) {
            throw new Violation(
                    Invariant.MEMBERSHIP,
                    node + " makes a voter of node" + id + " by entry " + entry.index() + ", which has only " + has
                            + " entries");
        }
        if (learner != null && learner.identity().joinedAt() > 0) {
            world.counts.reached(Reached.NEWCOMER_PROMOTED);
        }
    }

    /** Checks that a member that knows of its removal takes no part in elections. */
    void deciding(SimNode node, Output out) {
        out.messages().forEach(envelope -> deciding(node, envelope));
        if (out.append() != null) {
            out.append().afterDurable().forEach(envelope -> deciding(node, envelope));
        }
    }

    private void deciding(SimNode node, Envelope envelope) {
        boolean campaigns = envelope.message() instanceof VoteRequest || envelope.message() instanceof PreVoteRequest;
        boolean votes = envelope.message() instanceof VoteResponse vote && vote.granted()
                || envelope.message() instanceof PreVoteResponse wouldVote && wouldVote.granted();
        if ((campaigns || votes)
                && log.membership(Math.min(node.core().commitIndex(), log.last()))
                        .removed()
                        .contains((long) node.id())) {
            throw new Violation(
                    Invariant.MEMBERSHIP,
                    node + (votes ? " votes" : " campaigns") + ", although it knows that its removal is committed");
        }
    }
}
