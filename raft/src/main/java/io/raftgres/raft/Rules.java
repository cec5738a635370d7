package io.raftgres.raft;

import io.raftgres.raft.Message.AppendAccepted;
import io.raftgres.raft.Message.VoteRequest;
import io.raftgres.raft.Message.VoteResponse;

/**
 * The decisions on which safety rests, one method each, with its place in the Raft paper (Ongaro and Ousterhout, 2014)
 * or in Ongaro's thesis. {@link RaftCore} makes these decisions only here. So a test can break one rule and prove that
 * the checkers notice. The methods are pure functions.
 */
public class Rules {
    public static final Rules STANDARD = new Rules();

    protected Rules() {}

    // Votes and terms

    /** One vote in a term, first come, first served (paper, section 5.2). */
    public boolean mayGrantVote(long votedFor, long candidate) {
        return votedFor == Member.NONE || votedFor == candidate;
    }

    /** A voter refuses a candidate whose log is less up to date than its own (paper, section 5.4.1). */
    public boolean isUpToDate(long candidateLastIndex, long candidateLastTerm, long lastIndex, long lastTerm) {
        return candidateLastTerm > lastTerm || candidateLastTerm == lastTerm && candidateLastIndex >= lastIndex;
    }

    /** Only a response of the candidate's own term is a vote for it (paper, section 5.1 and figure 2). */
    public boolean countsVote(long responseTerm, long term) {
        return responseTerm == term;
    }

    /** A higher term in any message makes the receiver a follower in that term (paper, section 5.1). */
    public boolean stepsDown(long messageTerm, long term) {
        return messageTerm > term;
    }

    /**
     * A member that heard from a leader within the minimum election timeout refuses other candidates (thesis, sections
     * 4.2.3, 9.6).
     */
    public boolean keepsToLeader(long leader, int ticksSinceHeard, int electionTicks, boolean transfer) {
        return !transfer && leader != Member.NONE && ticksSinceHeard < electionTicks;
    }

    /**
     * Only voters campaign (thesis, section 4.2.1). A member whose removal is in its log but not committed still
     * campaigns: only it may have that entry, and the others may need it (thesis, section 4.2.2).
     */
    public boolean mayCampaign(Membership latest, Membership latestCommitted, long self) {
        return latest.isVoter(self) || latestCommitted.isVoter(self);
    }

    /**
     * Voters respond to candidates that are not in their membership (thesis, section 4.1). A member that knows its own
     * removal to be committed no longer votes: a candidate that still counts it lacks that entry and cannot win.
     */
    public boolean mayVote(Membership latestCommitted, long self) {
        return !latestCommitted.removed().contains(self);
    }

    /** Only a member with the whole of the leader's log gets TimeoutNow (thesis, section 3.10). */
    public boolean mayOrderTransfer(long match, long lastIndex) {
        return match == lastIndex;
    }

    /** A leader whose transfer is not completed in time accepts proposals again (thesis, section 3.10). */
    public boolean endsTransfer(long nowTicks, long deadlineTicks) {
        return nowTicks >= deadlineTicks;
    }

    /**
     * Whether a member with a blank log may make promises (design of this project: a member with a wiped disk must not
     * vote). It may when a majority of the others vouched for it: any majority of the others contains a voucher, which
     * would know an earlier log. It may also when it and the vouchers with blank logs are a majority: the cluster is
     * then new or no longer exists.
     *
     * @param voters number of voters of the first membership, itself included
     * @param vouching number of other voters that knew no other log of it, and have recorded this one
     * @param blank number of those whose own log is blank
     */
    public boolean mayBegin(int voters, int vouching, int blank) {
        return vouching >= quorum(voters - 1) || 1 + blank >= quorum(voters);
    }

    // What must be on disk

    /**
     * Term and vote are stored whenever they change (paper, figure 2: persistent state).
     *
     * @return the state to store, null when {@code stored} is current
     */
    public HardState toStore(HardState stored, HardState current) {
        return current.equals(stored) ? null : current;
    }

    /**
     * The state that a message promises is on disk before the message is sent (paper, figure 2: "before responding to
     * RPCs").
     */
    public boolean mustBeDurableFirst(Message message) {
        return switch (message) {
            case AppendAccepted _, VoteRequest _ -> true;
            case VoteResponse response -> response.granted();
            default -> false;
        };
    }

    /** A leader counts its own log only as far as it is durable (thesis, section 10.2.1). */
    public long ownMatch(long durableIndex, long lastIndex) {
        return durableIndex;
    }

    /** After a truncation, a report of durability covers only the entries below the cut. */
    public long durableAfterTruncation(long position, long truncatedFrom) {
        return Math.min(position, truncatedFrom - 1);
    }

    // Log matching

    /** An append is accepted only where the entry before it equals the leader's (paper, section 5.3). */
    public boolean matches(long prevTerm, long ownTerm) {
        return prevTerm == ownTerm;
    }

    /** Entries that the log already has stay: only an entry of another term is a conflict (paper, figure 2). */
    public boolean conflicts(long entryTerm, long ownTerm) {
        return entryTerm != ownTerm;
    }

    /**
     * A committed entry is never truncated (paper, section 5.4: leader completeness).
     *
     * @throws IllegalStateException when the truncation would remove one
     */
    public void checkTruncation(long from, long commitIndex) {
        if (from <= commitIndex) {
            throw new IllegalStateException("the leader's append would truncate from index " + from
                    + " on, and entries up to " + commitIndex + " are committed");
        }
    }

    /** A leader only appends (paper, section 5.3: leader append-only). @return index of its next entry */
    public long nextIndex(long lastIndex) {
        return lastIndex + 1;
    }

    /**
     * When the leader's log was cut above a member's commit index, appends cannot reach the member (paper, section 7).
     *
     * @param needed index just below the leader's first entry
     */
    public boolean needsSnapshot(long commitIndex, long needed) {
        return commitIndex < needed;
    }

    // Commitment

    /** A majority of the voters (paper, section 5.2). */
    public int quorum(int voters) {
        return voters / 2 + 1;
    }

    /** Learners have no vote and count in no majority (thesis, section 4.2.1). */
    public boolean countsInQuorum(Member member) {
        return member.voter();
    }

    /** An acknowledgement is never withdrawn. @return the match index after an acknowledgement */
    public long matchAfterAcknowledgement(long match, long acknowledged) {
        return Math.max(match, acknowledged);
    }

    /**
     * A member that lost acknowledged entries has broken its promise: none of its old acknowledgements counts.
     *
     * @return the match index from then on
     */
    public long matchAfterLoss(long match) {
        return 0;
    }

    /**
     * Only entries of the leader's own term are committed by counting; older ones with them (paper, section 5.4.2).
     *
     * @param counted largest index on a majority
     * @param countedTerm its term
     */
    public long commitCandidate(long commitIndex, long counted, long countedTerm, long term) {
        return counted > commitIndex && countedTerm == term ? counted : commitIndex;
    }

    /** A follower commits only up to the index where its log was verified to equal the leader's (paper, figure 2). */
    public long followerCommit(long commitIndex, long leaderCommit, long verifiedIndex) {
        return Math.max(commitIndex, Math.min(leaderCommit, verifiedIndex));
    }

    /**
     * Only committed entries are applied. A follower applies at most its own durable entries. A leader's entries may be
     * durable on a majority without it (thesis, section 10.2.1).
     */
    public long applyLimit(Role role, long commitIndex, long durableIndex) {
        return role == Role.LEADER ? commitIndex : Math.min(commitIndex, durableIndex);
    }

    /** Each entry is applied once: after a restart, from the applied index on (thesis, section 3.8). */
    public long appliedAtStart(long appliedIndex) {
        return appliedIndex;
    }

    // Reads

    /**
     * A leader knows the commit index once an entry of its own term is committed (paper, section 8; thesis, section
     * 6.4).
     */
    public boolean mayRead(long termAtCommit, long term) {
        return termAtCommit == term;
    }

    /** A read waits for a quorum round that started after it, to prove leadership (thesis, section 6.4). */
    public boolean readNeedsRound() {
        return true;
    }

    /** A heartbeat response confirms its own round and all earlier ones (thesis, section 6.4). */
    public boolean confirmsRound(long answeredRound, long round) {
        return answeredRound >= round;
    }

    // Membership

    /** A server uses the latest membership in its log, committed or not (thesis, section 4.1). */
    public Membership inForce(Membership latest, Membership latestCommitted) {
        return latest;
    }

    /** One change at a time: the previous one must be committed (thesis, section 4.1). */
    public boolean mayFollowChange(long latestChangeIndex, long commitIndex) {
        return latestChangeIndex <= commitIndex;
    }

    /** A leader changes the membership only after committing an entry of its own term (Ongaro, raft-dev, July 2015). */
    public boolean mayChangeMembership(long termAtCommit, long term) {
        return termAtCommit == term;
    }

    /** After a change, the responding voters must be a majority: otherwise one more failure would cost the quorum. */
    public boolean leavesQuorum(int answering, int voters) {
        return answering >= quorum(voters);
    }

    /** A learner becomes a voter only when it is nearly caught up (thesis, section 4.2.1). */
    public boolean mayPromote(long lag, long maxPromotionLag) {
        return lag <= maxPromotionLag;
    }

    /** A removed identity never returns: its log and votes may be outdated (design of this project). */
    public boolean mayAdd(Membership membership, long id) {
        return !membership.contains(id) && !membership.removed().contains(id);
    }
}
