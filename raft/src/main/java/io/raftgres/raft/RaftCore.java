package io.raftgres.raft;

import io.raftgres.raft.Message.AppendAccepted;
import io.raftgres.raft.Message.AppendRejected;
import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.Heartbeat;
import io.raftgres.raft.Message.HeartbeatResponse;
import io.raftgres.raft.Message.PreVoteRequest;
import io.raftgres.raft.Message.PreVoteResponse;
import io.raftgres.raft.Message.ReadIndexRequest;
import io.raftgres.raft.Message.ReadIndexResponse;
import io.raftgres.raft.Message.SnapshotRequired;
import io.raftgres.raft.Message.TimeoutNow;
import io.raftgres.raft.Message.VoteRequest;
import io.raftgres.raft.Message.VoteResponse;
import io.raftgres.raft.Output.Proposed;
import io.raftgres.raft.Output.Refusal;
import io.raftgres.raft.Output.RoleChange;

/**
 * Raft consensus for one member, as a pure function of its inputs: no thread, socket, file or clock. One thread calls
 * {@link #step} for every event and carries out the {@link Output}; the same inputs and seed give the same outputs.
 * Sources: Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm (the paper); Ongaro, Consensus:
 * Bridging Theory and Practice (the thesis). {@link Rules} has the decisions on which safety rests.
 *
 * <p>Pre-vote and check-quorum are always on. Messages may arrive late, twice, out of order or never, or may be
 * nonsense; the core ignores nonsense. A broken invariant throws {@link IllegalStateException}: the member must then
 * stop permanently.
 */
public final class RaftCore {

    /**
     * The core ignores messages with a higher term: no cluster reaches it, and counting on from there would overflow.
     */
    private static final long MAX_TERM = 1L << 60;

    private final MemberState state;
    private final ReadIndex reads;
    private final Leader leadership;
    private final Election election;
    private final Follower follower;
    private final CommittedEntries committedEntries;
    private final Vouching vouching;

    /**
     * @param seed for the randomised election timeouts and the numbers of reads; a different one at every start
     * @param rules the safety rules; {@link Rules#STANDARD} outside of tests that break a rule on purpose
     * @throws IllegalArgumentException when the restored state is inconsistent
     */
    public RaftCore(RaftConfig config, Restored restored, long seed, Rules rules) {
        state = new MemberState(config, restored, seed, rules);
        reads = new ReadIndex(state);
        leadership = new Leader(state);
        election = new Election(state, leadership, reads);
        follower = new Follower(state);
        committedEntries = new CommittedEntries(state, restored);
        vouching = new Vouching(state, restored);
    }

    /**
     * @return the work for the caller, in any order except as {@link Output} says
     * @throws IllegalStateException when an invariant does not hold
     */
    public Output step(Input input) {
        Role role = state.role;
        long term = state.term;
        long leader = state.leader;
        handle(input);
        if (state.refreshMembership()) {
            election.membershipChanged();
        }
        if (state.isLeader()) {
            lead();
        }
        committedEntries.pump();
        state.log.evict();
        boolean changed = state.role != role || state.term != term || state.leader != leader;
        return state.out.take(
                state.hardState(),
                state.log,
                state.now,
                changed ? new RoleChange(state.role, state.term, state.leader, state.reason()) : null);
    }

    private void handle(Input input) {
        switch (input) {
            case Input.Tick _ -> tick();
            case Input.Receive receive -> {
                // Any response would be a promise. A heartbeat response, for example, promises not to have voted in a
                // later term.
                if (vouching.hasBegun()) {
                    receive(receive.from(), receive.message());
                }
            }
            case Input.Vouched vouched -> vouching.vouched(vouched);
            case Input.Propose propose ->
                state.out.propose(state.isLeader() ? leadership.propose(propose.commands()) : notLeader());
            case Input.Read read -> reads.read(read.id());
            case Input.ChangeMembership change ->
                state.out.propose(state.isLeader() ? leadership.changeMembership(change.change()) : notLeader());
            case Input.TransferLeadership transfer ->
                state.out.propose(state.isLeader() ? leadership.transfer.begin(transfer.target()) : notLeader());
            case Input.Degraded report -> state.reportedDegraded = report.degraded();
            case Input.LogDurable durable -> {
                state.log.durable(durable.sequence());
                election.durable(durable.sequence());
            }
            case Input.EntriesLoaded loaded -> loaded(loaded);
            case Input.Applied applied -> committedEntries.applied(applied.index());
            case Input.PeerUnreachable unreachable -> unreachable(unreachable.id());
            case Input.LogTrimmed trimmed -> trimmed(trimmed.firstIndex());
        }
    }

    private void tick() {
        state.now++;
        state.watchDisk();
        reads.tick();
        if (state.isLeader()) {
            String failure = leadership.tick();
            if (failure != null) {
                election.follow(state.term, Member.NONE, failure);
            }
        } else if (vouching.hasBegun()) {
            election.tick();
        }
    }

    /** Does the leader's work at the end of every step. */
    private void lead() {
        leadership.advanceCommit();
        boolean roundBegun = reads.advance(leadership);
        leadership.pump(reads.round(), roundBegun);
        if (leadership.isRemoved()) {
            election.follow(state.term, Member.NONE, "its removal is committed");
        }
    }

    private Proposed notLeader() {
        return new Proposed.Refused(
                Refusal.NOT_LEADER,
                state.leader == Member.NONE
                        ? "no leader is known in term " + state.term
                        : "member " + MembershipRules.label(state.membership(), state.leader)
                                + " is the leader of term " + state.term);
    }

    private void loaded(Input.EntriesLoaded loaded) {
        if (!state.loads.answered(loaded.load())) {
            return;
        }
        if (loaded.load().peer() == Member.NONE) {
            committedEntries.loaded(loaded.load(), loaded.entries());
        } else if (state.isLeader()) {
            leadership.onLoaded(loaded.load(), loaded.entries());
        }
    }

    private void unreachable(long id) {
        if (state.isLeader()) {
            leadership.onUnreachable(id);
        } else if (id != Member.NONE && id == state.leader) {
            election.leaderUnreachable();
        }
    }

    private void trimmed(long firstIndex) {
        if (firstIndex - 1 > committedEntries.cutLimit()) {
            throw new IllegalStateException(
                    "log cut below " + firstIndex + ", and it may be cut only up to " + committedEntries.cutLimit());
        }
        state.log.trim(firstIndex);
    }

    // Messages

    private void receive(long from, Message message) {
        if (from == Member.NONE || from == state.self() || message.term() < 0 || message.term() > MAX_TERM) {
            return;
        }
        switch (message) {
            case PreVoteRequest request -> election.onPreVoteRequest(from, request);
            case VoteRequest request -> election.onVoteRequest(from, request);
            case PreVoteResponse response -> {
                if (isMember(from)) {
                    election.onPreVoteResponse(from, response);
                }
            }
            case VoteResponse response -> {
                if (isMember(from)) {
                    election.onVoteResponse(from, response);
                }
            }
            case AppendRequest request -> onAppend(from, request);
            case Heartbeat heartbeat -> onHeartbeat(from, heartbeat);
            case SnapshotRequired required -> onSnapshotRequired(from, required);
            case TimeoutNow order -> {
                if (order.term() == state.term) {
                    election.onTimeoutNow(from);
                }
            }
            case ReadIndexRequest request -> {
                if (isMember(from)) {
                    adoptTerm(from, request.term());
                    reads.onRequest(from, request);
                }
            }
            case ReadIndexResponse response -> {
                reads.onResponse(from, response);
                if (isMember(from)) {
                    adoptTerm(from, response.term());
                }
            }
            case AppendAccepted accepted -> {
                if (isResponseToLeader(from, accepted.term())) {
                    leadership.onAccepted(from, accepted);
                }
            }
            case AppendRejected rejected -> {
                if (isResponseToLeader(from, rejected.term())) {
                    leadership.onRejected(from, rejected);
                }
            }
            case HeartbeatResponse response -> {
                if (isResponseToLeader(from, response.term())) {
                    leadership.onHeartbeatResponse(from, response, reads.round());
                }
            }
        }
    }

    /** A member with an outdated membership accepts a leader that is not in it (thesis, section 4.1). */
    private boolean isFromLeader(long from, long term) {
        if (state.rules.stepsDown(term, state.term)) {
            election.follow(term, from, Election.higherTerm(term, from));
        }
        return term >= state.term && election.heardFromLeader(from);
    }

    private void onAppend(long from, AppendRequest request) {
        if (!Follower.isSound(request)) {
            return;
        }
        if (request.term() < state.term) {
            // Tells a deposed leader the new term.
            state.out.send(from, new AppendRejected(state.term, request.prevIndex(), 0, 0));
        } else if (isFromLeader(from, request.term())) {
            follower.onAppend(from, request);
        }
    }

    private void onHeartbeat(long from, Heartbeat heartbeat) {
        if (heartbeat.term() < state.term) {
            state.out.send(from, new HeartbeatResponse(state.term, 0, state.isDegraded()));
        } else if (isFromLeader(from, heartbeat.term())) {
            follower.onHeartbeat(from, heartbeat);
        }
    }

    private void onSnapshotRequired(long from, SnapshotRequired required) {
        // A log that begins at 1 was never cut, so no member needs a snapshot of it.
        if (required.firstIndex() <= 1) {
            return;
        }
        if (required.term() < state.term) {
            state.out.send(from, new HeartbeatResponse(state.term, 0, state.isDegraded()));
        } else if (isFromLeader(from, required.term())) {
            follower.onSnapshotRequired(from, required);
        }
    }

    private boolean isMember(long id) {
        return state.membership().contains(id);
    }

    private void adoptTerm(long from, long term) {
        if (state.rules.stepsDown(term, state.term)) {
            election.follow(term, Member.NONE, Election.higherTerm(term, from));
        }
    }

    /**
     * @return whether this member leads in {@code term} and tracks {@code from}, a current or recently removed member
     */
    private boolean isResponseToLeader(long from, long term) {
        if (isMember(from)) {
            adoptTerm(from, term);
        }
        return state.isLeader() && term >= state.term && leadership.knows(from);
    }

    // Status

    public Role role() {
        return state.role;
    }

    public long term() {
        return state.term;
    }

    /** @return leader of the current term, {@link Member#NONE} when unknown */
    public long leader() {
        return state.leader;
    }

    /** @return the largest index that this member knows to be committed */
    public long commitIndex() {
        return state.commitIndex;
    }

    public long lastIndex() {
        return state.log.lastIndex();
    }

    /** @return term of the last entry */
    public long lastTerm() {
        return state.log.lastTerm();
    }

    /** @return index up to which this member's log is on its disk */
    public long durableIndex() {
        return state.log.durableIndex();
    }

    /**
     * @return index up to which every member is known to have the log: entries below may be cut. It decreases only when
     *     a member joins
     */
    public long matchedByAll() {
        return state.matchedByAll;
    }

    /** @return the latest membership in the log, committed or not */
    public Membership membership() {
        return state.membership();
    }

    /**
     * @return the latest membership that this member knows to be committed. A member that finds itself among the
     *     removed has left permanently
     */
    public Membership committedMembership() {
        return state.committedMembership();
    }

    /** @return false while its log is blank and too few others have vouched for it: it sends nothing and has no vote */
    public boolean isVouched() {
        return vouching.hasBegun();
    }

    /** @return whether this member should not lead: see {@link Input.Degraded} */
    public boolean isDegraded() {
        return state.isDegraded();
    }

    /** @return whether this leader is transferring leadership; it accepts no proposals meanwhile */
    public boolean transferring() {
        return state.isLeader() && leadership.transfer.isInProgress();
    }

    /**
     * @return ticks since this leader last received a message from a member, 0 for itself; -1 when it has received none
     *     since it leads, or when this member does not lead
     */
    public long lastHeardTicks(long member) {
        return state.isLeader() ? leadership.ticksSinceHeard(member) : -1;
    }

    /**
     * @return whether a member reported to this leader that it is not degraded; false when this member does not lead
     */
    public boolean isHealthy(long member) {
        return state.isLeader() && leadership.isHealthy(member);
    }

    /** @return whether this leader's log begins above the end of a member's log, so that the member needs a snapshot */
    public boolean needsSnapshot(long member) {
        return state.isLeader() && leadership.needsSnapshot(member);
    }

    /** @return index up to which the leader knows a member's log to match; 0 when unknown or not leader */
    public long matchIndex(long member) {
        return state.isLeader() ? leadership.matchOf(member) : 0;
    }

    /** @return bytes that this leader appended and that are not yet both committed and durable here; 0 elsewhere */
    public long uncommittedBytes() {
        return leadership.backlogBytes();
    }
}
