package io.raftgres.raft;

import io.raftgres.raft.Message.AppendAccepted;
import io.raftgres.raft.Message.AppendRejected;
import io.raftgres.raft.Message.HeartbeatResponse;
import io.raftgres.raft.Output.Load;
import io.raftgres.raft.Output.Proposed;
import io.raftgres.raft.Output.Refusal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;

/**
 * Decides for the cluster while this member leads: accepts proposals, tracks the progress of the other members, commits
 * entries.
 */
final class Leader implements MembershipRules.Knowledge {

    /**
     * After this many election timeouts without a sync, the leader's disk counts as broken and the leader steps down.
     */
    private static final int STALLED_DISK_ELECTIONS = 10;

    /** For this many election timeouts, a removed member still receives the log, so that it learns of its removal. */
    private static final int FAREWELL_ELECTIONS = 10;

    private final MemberState state;
    private final Replication replication;
    private final MembershipRules membershipRules;

    /** The other members and the recently removed ones, ascending, so that every run iterates in the same order. */
    private final TreeMap<Long, Progress> others = new TreeMap<>();

    final LeadershipTransfer transfer;

    /** Entries appended in this leadership that are not yet both committed and durable here. */
    private final ByteWindow backlog = new ByteWindow();

    private int ticksSinceHeartbeat;
    private long beganTick;

    Leader(MemberState state) {
        this.state = state;
        this.replication = new Replication(state);
        this.membershipRules = new MembershipRules(state, this);
        this.transfer = new LeadershipTransfer(state, others, this::isYoung);
    }

    void begin() {
        others.clear();
        backlog.clear();
        ticksSinceHeartbeat = 0;
        beganTick = state.now;
        transfer.reset();
        membershipChanged();
        append(List.of(Entry.noop(nextIndex(), state.term)));
    }

    void end() {
        others.clear();
        backlog.clear();
        transfer.reset();
    }

    /** Adopts the latest membership in the log as soon as it is appended (thesis, section 4.1). */
    void membershipChanged() {
        Membership membership = state.membership();
        for (Progress progress : others.values()) {
            if (!membership.contains(progress.id) && progress.removedAt == 0) {
                progress.removedAt = state.log.memberships().latestIndex();
                progress.replicateUntilTick = state.now + (long) FAREWELL_ELECTIONS * state.config.electionTicks();
            }
        }
        for (Member member : membership.members()) {
            if (member.id() != state.self()) {
                others.computeIfAbsent(member.id(), id -> new Progress(id, state.log.lastIndex() + 1, state.now));
            }
        }
        transfer.membershipChanged();
    }

    // Time

    /** @return why leadership has to end, null when it continues */
    String tick() {
        int election = state.config.electionTicks();
        if (!state.quorum.reached(id -> id == state.self() || heardWithin(id, election))) {
            return "no quorum heard for " + election + " ticks";
        }
        long diskTicks = state.log.oldestInFlightTicks(state.now);
        if (diskTicks >= (long) STALLED_DISK_ELECTIONS * election) {
            return "own log not durable for " + diskTicks + " ticks";
        }
        transfer.tick();
        others.values().removeIf(progress -> progress.removedAt > 0 && state.now >= progress.replicateUntilTick);
        ticksSinceHeartbeat++;
        if (ticksSinceHeartbeat >= state.config.heartbeatTicks()) {
            ticksSinceHeartbeat = 0;
            replication.heartbeatAll();
            transfer.heartbeat();
        }
        return null;
    }

    private boolean heardWithin(long id, int ticks) {
        Progress progress = others.get(id);
        return progress != null && state.now - progress.heardTick < ticks;
    }

    // Proposals

    Proposed propose(List<byte[]> commands) {
        if (transfer.isInProgress()) {
            return transfer.refusal();
        }
        long first = nextIndex();
        long budget = state.config.maxUncommittedBytes() - backlog.bytes();
        List<Entry> entries = new ArrayList<>(commands.size());
        for (int i = 0; i < commands.size(); i++) {
            Entry entry = new Entry(first + i, state.term, Entry.Kind.COMMAND, commands.get(i));
            budget -= entry.sizeBytes();
            boolean alone = entries.isEmpty() && backlog.isEmpty();
            if (budget < 0 && !alone) {
                break;
            }
            entries.add(entry);
        }
        if (entries.isEmpty() && !commands.isEmpty()) {
            return new Proposed.Refused(Refusal.OVERLOADED, backlog.bytes() + " bytes are not committed yet");
        }
        if (!entries.isEmpty()) {
            append(Collections.unmodifiableList(entries));
        }
        return new Proposed.Accepted(first, state.term, entries.size());
    }

    Proposed changeMembership(MembershipChange change) {
        if (transfer.isInProgress()) {
            return transfer.refusal();
        }
        MembershipRules.Decision decision = membershipRules.decide(change);
        if (decision.next() == null) {
            return new Proposed.Refused(decision.refusal(), decision.sentence());
        }
        long index = nextIndex();
        append(List.of(new Entry(
                index, state.term, Entry.Kind.MEMBERSHIP, decision.next().encode())));
        return new Proposed.Accepted(index, state.term, 1);
    }

    private long nextIndex() {
        return state.rules.nextIndex(state.log.lastIndex());
    }

    private void append(List<Entry> entries) {
        long bytes = 0;
        for (int i = 0; i < entries.size(); i++) {
            bytes += entries.get(i).sizeBytes();
        }
        backlog.add(entries.getLast().index(), bytes);
        state.out.append(entries);
        state.log.append(entries);
        if (state.refreshMembership()) {
            membershipChanged();
        }
    }

    // Responses

    boolean knows(long id) {
        return others.containsKey(id);
    }

    void onAccepted(long from, AppendAccepted accepted) {
        replication.onAccepted(others.get(from), accepted.matchIndex());
    }

    void onRejected(long from, AppendRejected rejected) {
        replication.onRejected(others.get(from), rejected);
    }

    void onHeartbeatResponse(long from, HeartbeatResponse response, long latestRound) {
        replication.onHeartbeatResponse(others.get(from), Math.min(response.round(), latestRound), response.degraded());
    }

    void onUnreachable(long id) {
        Progress progress = others.get(id);
        if (progress != null) {
            replication.onUnreachable(progress);
        }
    }

    void onLoaded(Load load, List<Entry> entries) {
        Progress progress = others.get(load.peer());
        if (progress != null) {
            replication.onLoaded(progress, load, entries);
        }
    }

    // The end of every step

    /** Commits the entries that a majority has stored (paper, section 5.3 and 5.4.2). */
    void advanceCommit() {
        RaftLog log = state.log;
        long counted = Math.min(state.quorum.reachedBy(this::matchOf), log.lastIndex());
        state.commitIndex = state.rules.commitCandidate(
                state.commitIndex, counted, log.terms().at(counted), state.term);
        backlog.releaseUpTo(Math.min(state.commitIndex, log.durableIndex()));
    }

    /** @return whether this leader's own removal is committed, which ends its leadership (thesis, section 4.2.2) */
    boolean isRemoved() {
        return !state.membership().contains(state.self())
                && state.log.memberships().latestIndex() <= state.commitIndex;
    }

    /** Sends the due appends, heartbeats and transfer requests. */
    void pump(long round, boolean roundBegun) {
        advanceMatchedByAll();
        for (Progress progress : others.values()) {
            replication.pump(progress, round, roundBegun && state.quorum.counts(progress.id));
        }
        replication.pumped();
        transfer.pump();
    }

    private void advanceMatchedByAll() {
        long min = Math.min(state.commitIndex, state.log.durableIndex());
        for (Progress progress : others.values()) {
            if (progress.removedAt == 0) {
                min = Math.min(min, progress.match);
            }
        }
        state.matchedByAll = Math.max(state.matchedByAll, min);
    }

    // Status

    long matchOf(long id) {
        if (id == state.self()) {
            return state.rules.ownMatch(state.log.durableIndex(), state.log.lastIndex());
        }
        Progress progress = others.get(id);
        return progress == null ? 0 : progress.match;
    }

    @Override
    public long lag(long id) {
        return state.log.lastIndex() - matchOf(id);
    }

    /**
     * @return ticks since the leader last received a message from the member; -1 when it received none in this
     *     leadership
     */
    long ticksSinceHeard(long id) {
        if (id == state.self()) {
            return 0;
        }
        Progress progress = others.get(id);
        return progress == null || !progress.heard ? -1 : state.now - progress.heardTick;
    }

    @Override
    public boolean answers(long id) {
        Progress progress = others.get(id);
        long ticks = ticksSinceHeard(id);
        return (progress == null || !progress.unreachable) && ticks >= 0 && ticks < state.config.electionTicks();
    }

    @Override
    public boolean isHealthy(long id) {
        if (id == state.self()) {
            return !state.isDegraded();
        }
        Progress progress = others.get(id);
        return progress != null && progress.isKnownHealthy();
    }

    @Override
    public boolean isYoung() {
        return state.now - beganTick < state.config.electionTicks();
    }

    boolean needsSnapshot(long id) {
        Progress progress = others.get(id);
        return progress != null && progress.phase == Progress.Phase.SNAPSHOT;
    }

    long roundOf(long id) {
        Progress progress = others.get(id);
        return progress == null ? 0 : progress.round;
    }

    long backlogBytes() {
        return backlog.bytes();
    }
}
