package io.raftgres.sim;

import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Message.AppendAccepted;
import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.Envelope;
import io.raftgres.raft.Message.TimeoutNow;
import io.raftgres.raft.Message.VoteRequest;
import io.raftgres.raft.Message.VoteResponse;
import io.raftgres.raft.Output;
import io.raftgres.raft.Output.Append;
import io.raftgres.raft.Role;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks the invariants after every step, as far as the step can affect them (Raft paper, figure 3, and consequences).
 */
final class Checks {

    /** The checker's record of a node, kept while the node is down. */
    private static final class Seen {
        long commit;
        long leaderTerm;
        long grantTerm;
        long grantTo;
        /** The latest term in which it campaigned by order of its leader (TimeoutNow). */
        long orderedTerm;
        /** A committed index that the log had before the append under check. */
        long had;
    }

    private record Leader(int node, int incarnation) {}

    private final World world;
    private final CommittedLog log;
    private final MembershipChecks memberships;
    private final Map<Long, Leader> leaders = new HashMap<>();
    /** Hash of all entries up to an entry, by that entry's term and index. */
    private final Map<Long, Long> chains = new HashMap<>();

    private final Seen[] seen = new Seen[World.NODES_MAX + 1];

    Checks(World world) {
        this.world = world;
        log = new CommittedLog(world.bootstrap);
        memberships = new MembershipChecks(world, log);
        Arrays.setAll(seen, _ -> new Seen());
    }

    long committed() {
        return log.last();
    }

    /** @return the latest membership that is committed */
    Membership committedMembership() {
        return log.membership(log.last());
    }

    /** @return whether the entry at this index of a log is committed */
    boolean isCommitted(LogImage image, long index) {
        return index <= log.last() && image.agrees(index, log.hash(index));
    }

    /** @return hash of the committed entries up to {@code index} */
    long hash(long index) {
        return log.hash(index);
    }

    void started(SimNode node) {
        Seen known = seen[node.id()];
        known.commit = node.core().commitIndex();
        known.leaderTerm = 0;
        if (node.machine().hash() != log.state(node.applied()) && !world.sabotaged(Sabotage.APPLY_TWICE)) {
            throw new Violation(
                    Invariant.STATE_MACHINE_SAFETY,
                    node + " restarts with a state that differs from the committed one");
        }
        LogImage image = node.disk().durable();
        // A new member begins with the membership of the time it joined, and learns of earlier ones later.
        boolean early = image.base() < node.identity().joinedAt();
        if (!early && !image.baseMembership().equals(log.membership(image.base()))) {
            throw new Violation(
                    Invariant.MEMBERSHIP,
                    node + " has a log that begins with " + image.baseMembership()
                            + ", but the membership in force there is " + log.membership(image.base()));
        }
    }

    // After a step

    void afterStep(SimNode node) {
        Seen known = seen[node.id()];
        long commit = node.core().commitIndex();
        if (node.core().role() == Role.LEADER && known.leaderTerm != node.core().term()) {
            known.leaderTerm = node.core().term();
            elected(node);
        }
        if (commit < known.commit) {
            throw new Violation(Invariant.COMMIT_MONOTONIC, node + " had committed " + known.commit);
        }
        if (commit > known.commit) {
            committed(node, known.commit + 1, commit);
            known.commit = commit;
            if (commit > node.disk().durable().last()) {
                world.counts.reached(Reached.COMMITTED_BEFORE_OWN_DISK);
            }
        }
        believing(node);
        if (node.core().transferring()) {
            world.watch.handingOver(node);
        }
    }

    /** Checks that the entries that a core believes to be durable are on its disk and equal its log. */
    private void believing(SimNode node) {
        long index = node.core().durableIndex();
        LogImage disk = node.disk().durable();
        LogImage written = node.disk().written();
        if (index > disk.last() || index >= disk.base() && !written.agrees(index, disk.hash(index))) {
            throw new Violation(
                    Invariant.DURABILITY,
                    node + " believes entries up to " + index + " to be on its disk, but they are not");
        }
    }

    private void elected(SimNode node) {
        world.counts.leaders++;
        long term = node.core().term();
        Leader leader = new Leader(node.id(), node.incarnation());
        Leader other = leaders.putIfAbsent(term, leader);
        if (other != null && !other.equals(leader)) {
            throw new Violation(
                    Invariant.ELECTION_SAFETY,
                    node + " leads in term " + term + ", but node" + other.node() + " already led in it; "
                            + world.describe());
        }
        world.watch.elected(node);
        if (seen[node.id()].orderedTerm == term) {
            world.counts.reached(Reached.HANDED_OVER);
        }
        LogImage own = node.disk().written();
        if (!own.membership(own.last()).contains(node.id())) {
            world.counts.reached(Reached.ELECTED_WHILE_BEING_REMOVED);
        }
        if (node.isStateless()) {
            world.counts.reached(Reached.ELECTED_WITHOUT_STATE);
        }
        long before = log.lastBefore(term);
        if (before > 0 && !node.disk().written().agrees(before, log.hash(before))) {
            throw new Violation(
                    Invariant.LEADER_COMPLETENESS,
                    node + " leads without the committed entry " + log.entry(before) + "; " + world.describe());
        }
        List<Long> voters = votersInLog(node);
        long votes = voters.stream().filter(id -> hasVoted(id, term, node.id())).count();
        if (2 * votes <= voters.size()) {
            throw new Violation(
                    Invariant.ELECTION_SAFETY,
                    node + " leads with " + votes + " votes on disk, of " + voters.size() + " voters; "
                            + world.describe());
        }
    }

    /** @return the voters in the node's log, committed or not; none of them may have been removed permanently */
    private List<Long> votersInLog(SimNode node) {
        LogImage image = node.disk().written();
        List<Long> voters = image.membership(image.last()).voters();
        // A late vote may elect a leader of a term that is already over.
        long known = log.lastBefore(node.core().term() + 1);
        for (long removed : log.membership(known).removed()) {
            if (voters.contains(removed)) {
                throw new Violation(
                        Invariant.MEMBERSHIP,
                        node + " counts node" + removed + " as a voter, but its removal is committed; "
                                + world.describe());
            }
        }
        return voters;
    }

    private boolean hasVoted(long voter, long term, long candidate) {
        SimNode node = world.node((int) voter);
        if (node == null) {
            return false;
        }
        HardState state = node.identity().promised().hardState();
        return state.term() > term || state.term() == term && state.votedFor() == candidate;
    }

    private void committed(SimNode node, long from, long to) {
        LogImage image = node.disk().written();
        if (to > image.last()) {
            throw new Violation(Invariant.LOG_MATCHING, node + " committed entries that are not in its log");
        }
        boolean first = to > log.last();
        for (long index = Math.max(from, image.base() + 1); index <= to; index++) {
            if (index > log.last()) {
                log.add(image.entry(index), image.hash(index), node.core().term());
            } else if (image.hash(index) != log.hash(index)) {
                throw new Violation(
                        Invariant.STATE_MACHINE_SAFETY,
                        node + " committed " + image.entry(index) + " where others have committed " + log.entry(index)
                                + "; " + world.describe());
            }
        }
        if (first) {
            firstCommitted(node, to);
        }
    }

    /** Checks an entry that is counted as committed for the first time: it must survive any crash. */
    private void firstCommitted(SimNode node, long index) {
        List<Long> voters = votersInLog(node);
        long copies = voters.stream().filter(id -> holds(id, index)).count();
        if (2 * copies <= voters.size()) {
            throw new Violation(
                    Invariant.DURABILITY,
                    node + " committed entry " + index + ", which is on the disks of " + copies + " of " + voters.size()
                            + " voters; " + world.describe());
        }
        for (SimNode other : world.nodes()) {
            if (other.isUp()
                    && other.core().role() == Role.LEADER
                    && other.core().term() > node.core().term()
                    && !other.disk().written().agrees(index, log.hash(index))) {
                throw new Violation(
                        Invariant.LEADER_COMPLETENESS,
                        node + " committed entry " + index + ", which the later leader does not have; "
                                + world.describe());
            }
        }
        for (long candidate : voters) {
            if (!holds(candidate, index) && 2 * supporters(candidate, voters) > voters.size()) {
                throw new Violation(
                        Invariant.LEADER_COMPLETENESS,
                        node + " committed entry " + index + ", but node" + candidate + " could be elected without it; "
                                + world.describe());
            }
        }
    }

    private boolean holds(long id, long index) {
        SimNode node = world.node((int) id);
        return node != null && node.identity().promised().agrees(index, log.hash(index));
    }

    /** @return number of voters whose log on disk is no more up to date than the candidate's (paper, 5.4.1) */
    private long supporters(long candidate, List<Long> voters) {
        SimNode node = world.node((int) candidate);
        if (node == null) {
            return 0;
        }
        LogImage own = node.identity().promised();
        return voters.stream()
                .filter(id -> {
                    SimNode voter = world.node(id.intValue());
                    if (voter == null) {
                        return false;
                    }
                    LogImage other = voter.identity().promised();
                    long ownTerm = own.term(own.last());
                    long otherTerm = other.term(other.last());
                    return ownTerm > otherTerm || ownTerm == otherTerm && own.last() >= other.last();
                })
                .count();
    }

    // Appends

    void appending(SimNode node, Append append) {
        if (append.entries().isEmpty()) {
            return;
        }
        LogImage image = node.disk().written();
        long first = append.entries().getFirst().index();
        if (node.core().role() == Role.LEADER && first <= image.last()) {
            throw new Violation(
                    Invariant.LEADER_APPEND_ONLY,
                    node + " overwrites its log from " + first + " on, although it had entries up to " + image.last());
        }
        if (first <= image.last() && image.lastChange() >= first && image.lastChange() > image.base()) {
            world.counts.reached(Reached.MEMBERSHIP_TRUNCATED);
        }
        // A member that is still in a term older than the commit's may lose its copy to the leader of that older term.
        long shared = Math.min(image.last(), log.lastBefore(node.core().term() + 1));
        boolean had = shared > 0 && shared >= image.base() && image.agrees(shared, log.hash(shared));
        seen[node.id()].had = had ? shared : 0;
    }

    void appended(SimNode node, Append append) {
        if (append.entries().isEmpty()) {
            return;
        }
        LogImage image = node.disk().written();
        for (Entry entry : append.entries()) {
            long hash = image.hash(entry.index());
            Long other = chains.putIfAbsent(entry.term() << 32 | entry.index(), hash);
            if (other != null && other != hash) {
                throw new Violation(
                        Invariant.LOG_MATCHING,
                        node + " appended " + entry + ", but up to that entry its "
                                + "log differs from another one that has it; " + world.describe());
            }
            if (entry.kind() == Entry.Kind.MEMBERSHIP && node.core().role() == Role.LEADER) {
                memberships.changing(node, entry);
            }
        }
        long had = seen[node.id()].had;
        if (had > 0 && !image.agrees(had, log.hash(had))) {
            throw new Violation(
                    Invariant.DURABILITY,
                    node + " removed committed entries: it had all up to " + had + "; " + world.describe());
        }
    }

    // Promises

    void deciding(SimNode node, Output out) {
        memberships.deciding(node, out);
    }

    void sending(SimNode node, Envelope envelope) {
        switch (envelope.message()) {
            case VoteResponse vote
            when vote.granted() -> {
                HardState stored = node.disk().durable().hardState();
                boolean kept = stored.term() > vote.term()
                        || stored.term() == vote.term() && stored.votedFor() == envelope.to();
                if (!kept) {
                    throw new Violation(
                            Invariant.DURABILITY,
                            node + " promises " + vote + " to node" + envelope.to() + ", but its disk has " + stored);
                }
                granting(node, vote.term(), envelope.to());
            }
            case VoteRequest request -> {
                granting(node, request.term(), node.id());
                if (request.transfer()) {
                    seen[node.id()].orderedTerm = request.term();
                }
            }
            case AppendAccepted accepted -> accepting(node, envelope.to(), accepted);
            case TimeoutNow _ -> world.leaders.ordering(node, (int) envelope.to());
            case AppendRequest request when request.entries().isEmpty() -> probing(node, envelope.to(), request);
            default -> {}
        }
    }

    private void probing(SimNode node, long to, AppendRequest request) {
        long base = node.disk().written().base();
        if (base > 0
                && request.prevIndex() == base
                && node.core().lastIndex() > base
                && node.core().matchIndex(to) < base) {
            world.counts.reached(Reached.DOUBTFUL_PROBE);
        }
    }

    private void granting(SimNode node, long term, long to) {
        Seen known = seen[node.id()];
        if (known.grantTerm == term && known.grantTo != to) {
            throw new Violation(
                    Invariant.ELECTION_SAFETY,
                    node + " votes for node" + to + " in term " + term + ", but has voted for node" + known.grantTo);
        }
        if (term < known.grantTerm) {
            throw new Violation(
                    Invariant.ELECTION_SAFETY,
                    node + " votes in term " + term + ", but has already voted in term " + known.grantTerm);
        }
        if (term > known.grantTerm) {
            known.grantTerm = term;
            known.grantTo = to;
        }
    }

    private void accepting(SimNode node, long to, AppendAccepted accepted) {
        LogImage image = node.disk().durable();
        long match = accepted.matchIndex();
        if (match > image.last()) {
            throw new Violation(
                    Invariant.DURABILITY,
                    node + " acknowledges entries up to " + match + ", but only those up to " + image.last()
                            + " are on its disk");
        }
        SimNode leader = world.node((int) to);
        if (match >= image.base()
                && leader != null
                && leader.isUp()
                && leader.core().role() == Role.LEADER
                && leader.core().term() == accepted.term()
                && !leader.disk().written().agrees(match, image.hash(match))) {
            throw new Violation(
                    Invariant.DURABILITY,
                    node + " acknowledges entries up to " + match + ", but its disk does not hold those of its leader "
                            + leader);
        }
    }

    // The state machine

    void applied(SimNode node, Entry entry) {
        if (entry.index() > log.last() || !isCommitted(entry)) {
            throw new Violation(
                    Invariant.STATE_MACHINE_SAFETY,
                    node + " applied " + entry + ", and committed is "
                            + (entry.index() > log.last() ? "less" : log.entry(entry.index())));
        }
        if (node.machine().hash() != log.state(entry.index())) {
            throw new Violation(
                    Invariant.STATE_MACHINE_SAFETY,
                    node + " has after entry " + entry.index() + " a state that differs from applying each entry once: "
                            + node.machine());
        }
    }

    void acknowledging(SimNode node, Entry entry) {
        if (entry.index() > log.last() || !isCommitted(entry)) {
            throw new Violation(
                    Invariant.ACKNOWLEDGED_WRITE, node + " acknowledges " + entry + ", which is not committed");
        }
    }

    private boolean isCommitted(Entry entry) {
        Entry known = log.entry(entry.index());
        return known == entry
                || known.term() == entry.term()
                        && known.kind() == entry.kind()
                        && Arrays.equals(known.data(), entry.data());
    }

    void atEnd() {
        for (SimNode node : world.nodes()) {
            if (node.isUp() && !node.isStateless() && node.machine().hash() != log.state(node.applied())) {
                throw new Violation(
                        Invariant.STATE_MACHINE_SAFETY, node + " ends in a state that differs from the committed one");
            }
        }
    }
}
