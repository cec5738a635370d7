package io.raftgres.sim;

import static io.raftgres.sim.Invariant.CORE_ASSERTION;
import static io.raftgres.sim.Invariant.DURABILITY;
import static io.raftgres.sim.Invariant.ELECTION_SAFETY;
import static io.raftgres.sim.Invariant.LEADER_APPEND_ONLY;
import static io.raftgres.sim.Invariant.LEADER_COMPLETENESS;
import static io.raftgres.sim.Invariant.LINEARIZABILITY;
import static io.raftgres.sim.Invariant.LIVENESS;
import static io.raftgres.sim.Invariant.LOG_MATCHING;
import static io.raftgres.sim.Invariant.MEMBERSHIP;
import static io.raftgres.sim.Invariant.STABILITY;
import static io.raftgres.sim.Invariant.STATE_MACHINE_SAFETY;
import static io.raftgres.sim.Invariant.TRANSFER;

import io.raftgres.raft.HardState;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Message;
import io.raftgres.raft.Message.AppendAccepted;
import io.raftgres.raft.Message.VoteRequest;
import io.raftgres.raft.Message.VoteResponse;
import io.raftgres.raft.Role;
import io.raftgres.raft.Rules;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Variants of the protocol and of the simulated world. Each has one defect. */
final class BrokenVariants {

    /** @param expected one of these invariants must find the defect */
    record Variant(String name, Rules rules, Set<Sabotage> sabotage, Set<Invariant> expected) {}

    private BrokenVariants() {}

    static List<Variant> all() {
        List<Variant> all = new ArrayList<>();
        elections(all);
        leaderships(all);
        durability(all);
        logs(all);
        commitment(all);
        reads(all);
        memberships(all);
        world(all);
        return all;
    }

    private static void elections(List<Variant> all) {
        add(
                all,
                "votes twice in a term",
                new Broken() {
                    @Override
                    public boolean mayGrantVote(long votedFor, long candidate) {
                        return true;
                    }
                },
                ELECTION_SAFETY);
        add(
                all,
                "votes for candidates whose log is behind",
                new Broken() {
                    @Override
                    public boolean isUpToDate(long candidateIndex, long candidateTerm, long lastIndex, long lastTerm) {
                        return true;
                    }
                },
                LEADER_COMPLETENESS,
                STATE_MACHINE_SAFETY,
                DURABILITY,
                CORE_ASSERTION);
        add(
                all,
                "compares logs by length alone",
                new Broken() {
                    @Override
                    public boolean isUpToDate(long candidateIndex, long candidateTerm, long lastIndex, long lastTerm) {
                        return candidateIndex >= lastIndex;
                    }
                },
                LEADER_COMPLETENESS,
                STATE_MACHINE_SAFETY,
                DURABILITY,
                CORE_ASSERTION);
        add(
                all,
                "counts votes of other terms",
                new Broken() {
                    @Override
                    public boolean countsVote(long responseTerm, long term) {
                        return true;
                    }
                },
                ELECTION_SAFETY);
    }

    private static void leaderships(List<Variant> all) {
        add(
                all,
                "helps others to depose a leader that it hears",
                new Broken() {
                    @Override
                    public boolean keepsToLeader(
                            long leader, int ticksSinceHeard, int electionTicks, boolean transfer) {
                        return false;
                    }
                },
                STABILITY);
        add(
                all,
                "begins with a blank log though nobody vouches for it",
                new Broken() {
                    @Override
                    public boolean mayBegin(int voters, int vouching, int blank) {
                        return true;
                    }
                },
                ELECTION_SAFETY,
                DURABILITY,
                LEADER_COMPLETENESS,
                CORE_ASSERTION);
        add(
                all,
                "does not step down for a higher term",
                new Broken() {
                    @Override
                    public boolean stepsDown(long messageTerm, long term) {
                        return false;
                    }
                },
                LIVENESS,
                LOG_MATCHING,
                ELECTION_SAFETY,
                CORE_ASSERTION,
                DURABILITY);
        add(
                all,
                "transfers leadership to a log that is behind",
                new Broken() {
                    @Override
                    public boolean mayOrderTransfer(long match, long lastIndex) {
                        return true;
                    }
                },
                TRANSFER);
        add(
                all,
                "waits permanently for the target of a transfer",
                new Broken() {
                    @Override
                    public boolean endsTransfer(long nowTicks, long deadlineTicks) {
                        return false;
                    }
                },
                TRANSFER);
    }

    private static void durability(List<Variant> all) {
        add(
                all,
                "acknowledges appends before they are on disk",
                new Broken() {
                    @Override
                    public boolean mustBeDurableFirst(Message message) {
                        return !(message instanceof AppendAccepted) && super.mustBeDurableFirst(message);
                    }
                },
                DURABILITY);
        add(
                all,
                "sends votes before they are on disk",
                new Broken() {
                    @Override
                    public boolean mustBeDurableFirst(Message message) {
                        return !(message instanceof VoteResponse || message instanceof VoteRequest)
                                && super.mustBeDurableFirst(message);
                    }
                },
                DURABILITY);
        add(
                all,
                "does not store its vote",
                new Broken() {
                    @Override
                    public HardState toStore(HardState stored, HardState current) {
                        return current.term() == stored.term() ? null : new HardState(current.term(), Member.NONE);
                    }
                },
                DURABILITY,
                ELECTION_SAFETY);
        add(
                all,
                "leader counts entries that it has not synced",
                new Broken() {
                    @Override
                    public long ownMatch(long durableIndex, long lastIndex) {
                        return lastIndex;
                    }
                },
                DURABILITY);
        add(
                all,
                "takes a durability report across a truncation",
                new Broken() {
                    @Override
                    public long durableAfterTruncation(long position, long truncatedFrom) {
                        return position;
                    }
                },
                DURABILITY,
                CORE_ASSERTION,
                STATE_MACHINE_SAFETY);
    }

    private static void logs(List<Variant> all) {
        add(
                all,
                "skips the check of the entry before",
                new Broken() {
                    @Override
                    public boolean matches(long prevTerm, long ownTerm) {
                        return true;
                    }
                },
                LOG_MATCHING,
                DURABILITY);
        add(
                all,
                "truncates on every append",
                new Broken() {
                    @Override
                    public boolean conflicts(long entryTerm, long ownTerm) {
                        return true;
                    }

                    @Override
                    public void checkTruncation(long from, long commitIndex) {}
                },
                DURABILITY);
        add(
                all,
                "keeps its own entries where they conflict",
                new Broken() {
                    @Override
                    public boolean conflicts(long entryTerm, long ownTerm) {
                        return false;
                    }
                },
                DURABILITY,
                LOG_MATCHING,
                STATE_MACHINE_SAFETY);
        add(
                all,
                "leader overwrites its last entry",
                new Broken() {
                    @Override
                    public long nextIndex(long lastIndex) {
                        return Math.max(1, lastIndex);
                    }
                },
                LEADER_APPEND_ONLY,
                CORE_ASSERTION);
    }

    private static void commitment(List<Variant> all) {
        add(
                all,
                "commits entries of older terms by counting (figure 8)",
                new Broken() {
                    @Override
                    public long commitCandidate(long commitIndex, long counted, long countedTerm, long term) {
                        return Math.max(commitIndex, counted);
                    }
                },
                LEADER_COMPLETENESS);
        add(
                all,
                "commits with half of the voters",
                new Broken() {
                    @Override
                    public int quorum(int voters) {
                        return Math.max(1, voters / 2);
                    }
                },
                DURABILITY,
                ELECTION_SAFETY);
        add(
                all,
                "counts learners in quorums",
                new Broken() {
                    @Override
                    public boolean countsInQuorum(Member member) {
                        return true;
                    }
                },
                DURABILITY,
                ELECTION_SAFETY,
                LIVENESS);
        add(
                all,
                "counts more than was acknowledged",
                new Broken() {
                    @Override
                    public long matchAfterAcknowledgement(long match, long acknowledged) {
                        return Math.max(match, acknowledged) + 1;
                    }
                },
                DURABILITY);
        add(
                all,
                "follower commits the whole of its log",
                new Broken() {
                    @Override
                    public long followerCommit(long commitIndex, long leaderCommit, long verifiedIndex) {
                        return Math.max(commitIndex, verifiedIndex);
                    }
                },
                STATE_MACHINE_SAFETY,
                DURABILITY);
        add(
                all,
                "applies what is not committed",
                new Broken() {
                    @Override
                    public long applyLimit(Role role, long commitIndex, long durableIndex) {
                        return durableIndex;
                    }
                },
                STATE_MACHINE_SAFETY);
        add(
                all,
                "hands entries out again after a restart",
                new Broken() {
                    @Override
                    public long appliedAtStart(long appliedIndex) {
                        return Math.max(0, appliedIndex - 1);
                    }
                },
                STATE_MACHINE_SAFETY,
                CORE_ASSERTION);
    }

    private static void reads(List<Variant> all) {
        add(
                all,
                "read index without a quorum round",
                new Broken() {
                    @Override
                    public boolean readNeedsRound() {
                        return false;
                    }
                },
                LINEARIZABILITY);
        add(
                all,
                "read index before an entry of the own term is committed",
                new Broken() {
                    @Override
                    public boolean mayRead(long termAtCommit, long term) {
                        return true;
                    }
                },
                LINEARIZABILITY);
        add(
                all,
                "takes responses to an older round for a newer one",
                new Broken() {
                    @Override
                    public boolean confirmsRound(long answeredRound, long round) {
                        return true;
                    }
                },
                LINEARIZABILITY);
    }

    private static void memberships(List<Variant> all) {
        add(
                all,
                "two membership changes at once",
                new Broken() {
                    @Override
                    public boolean mayFollowChange(long latestChangeIndex, long commitIndex) {
                        return true;
                    }
                },
                MEMBERSHIP);
        add(
                all,
                "changes the membership before an entry of the own term",
                new Broken() {
                    @Override
                    public boolean mayChangeMembership(long termAtCommit, long term) {
                        return true;
                    }
                },
                MEMBERSHIP);
        add(
                all,
                "uses a membership only when it is committed",
                new Broken() {
                    @Override
                    public Membership inForce(Membership latest, Membership latestCommitted) {
                        return latestCommitted;
                    }
                },
                DURABILITY,
                ELECTION_SAFETY,
                MEMBERSHIP,
                LEADER_COMPLETENESS);
        add(
                all,
                "votes and campaigns after its removal",
                new Broken() {
                    @Override
                    public boolean mayVote(Membership latestCommitted, long self) {
                        return true;
                    }

                    @Override
                    public boolean mayCampaign(Membership latest, Membership latestCommitted, long self) {
                        return latestCommitted.removed().contains(self)
                                || super.mayCampaign(latest, latestCommitted, self);
                    }
                },
                MEMBERSHIP);
        add(
                all,
                "promotes a learner that has not caught up",
                new Broken() {
                    @Override
                    public boolean mayPromote(long lag, long maxPromotionLag) {
                        return true;
                    }
                },
                MEMBERSHIP);
        add(
                all,
                "changes voters though no majority of them answers",
                new Broken() {
                    @Override
                    public boolean leavesQuorum(int answering, int voters) {
                        return true;
                    }
                },
                MEMBERSHIP);
        add(
                all,
                "takes in who is or was a member",
                new Broken() {
                    @Override
                    public boolean mayAdd(Membership membership, long id) {
                        return true;
                    }
                },
                MEMBERSHIP,
                CORE_ASSERTION);
        add(
                all,
                "does not notice that it needs a snapshot",
                new Broken() {
                    @Override
                    public boolean needsSnapshot(long commitIndex, long needed) {
                        return false;
                    }
                },
                LIVENESS);
    }

    private static void world(List<Variant> all) {
        add(all, Sabotage.PROMISE_BEFORE_SYNC, DURABILITY);
        add(all, Sabotage.FORGET_VOTE, ELECTION_SAFETY);
        add(all, Sabotage.LOSE_HARD_STATE, ELECTION_SAFETY, CORE_ASSERTION, DURABILITY);
        add(
                all,
                Sabotage.LOSE_SYNCED_ENTRIES,
                LEADER_COMPLETENESS,
                DURABILITY,
                ELECTION_SAFETY,
                STATE_MACHINE_SAFETY,
                CORE_ASSERTION,
                LIVENESS);
        add(all, Sabotage.APPLY_TWICE, STATE_MACHINE_SAFETY);
        add(all, Sabotage.FORGET_TOKENS, STATE_MACHINE_SAFETY, LINEARIZABILITY);
        add(all, Sabotage.LOCAL_READS, LINEARIZABILITY);
        add(all, Sabotage.READ_BEFORE_APPLIED, LINEARIZABILITY);
        add(all, Sabotage.ANSWER_BEFORE_COMMIT, LINEARIZABILITY);
        add(all, Sabotage.REPORT_ACROSS_TRUNCATION, DURABILITY);
        add(all, Sabotage.SNAPSHOT_LOSES_END, STATE_MACHINE_SAFETY);
        add(all, Sabotage.SNAPSHOT_FORGETS_VOTE, ELECTION_SAFETY, DURABILITY);
        add(all, Sabotage.SNAPSHOT_KEEPS_TERM, CORE_ASSERTION);
        add(all, Sabotage.SNAPSHOT_KEEPS_LOG, LIVENESS);
        add(all, Sabotage.SNAPSHOT_WITHOUT_MEMBERSHIP, MEMBERSHIP);
        add(all, Sabotage.CUT_ABOVE_FLUSHED, DURABILITY);
        add(all, Sabotage.RETURN_WITHOUT_LOG, ELECTION_SAFETY, LEADER_COMPLETENESS, DURABILITY, LIVENESS);
        add(all, Sabotage.FORGET_LOGS, ELECTION_SAFETY, DURABILITY, LEADER_COMPLETENESS, CORE_ASSERTION, LIVENESS);
        add(all, Sabotage.NO_RESPONSE_TO_STRANGERS, LIVENESS);
        add(all, Sabotage.KEEP_OLD_SUFFIX, CORE_ASSERTION, DURABILITY, LOG_MATCHING, LEADER_COMPLETENESS);
    }

    private static class Broken extends Rules {}

    private static void add(List<Variant> all, String name, Rules rules, Invariant... expected) {
        all.add(new Variant(name, rules, Set.of(), EnumSet.copyOf(List.of(expected))));
    }

    private static void add(List<Variant> all, Sabotage sabotage, Invariant... expected) {
        String name = "world: " + sabotage.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        all.add(new Variant(name, Rules.STANDARD, Set.of(sabotage), EnumSet.copyOf(List.of(expected))));
    }
}
