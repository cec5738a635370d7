package io.raftgres.raft;

import io.raftgres.raft.Message.AppendAccepted;
import io.raftgres.raft.Message.AppendRejected;
import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.Heartbeat;
import io.raftgres.raft.Message.HeartbeatResponse;
import io.raftgres.raft.Message.SnapshotRequired;
import java.util.List;

/** What a follower does with its leader's log (paper, section 5.3 and figure 2: AppendEntries). */
final class Follower {
    private final MemberState state;

    /** Up to here the log is known to be the leader's of {@link #verifiedTerm}. */
    private long verifiedIndex;

    private long verifiedTerm;

    // The latest acknowledgement, and the append that it waits for
    private long promisedIndex;
    private long promisedTerm;
    private long promisedSequence;

    Follower(MemberState state) {
        this.state = state;
    }

    void onAppend(long from, AppendRequest request) {
        RaftLog log = state.log;
        long prevIndex = request.prevIndex();
        List<Entry> entries = request.entries();
        long base = log.baseIndex();
        if (prevIndex < base) {
            // What was cut is committed, so the leader has the same (paper, section 5.4: leader completeness).
            long known = Math.min(base - prevIndex, entries.size());
            entries = entries.subList((int) known, entries.size());
            prevIndex = entries.isEmpty() ? base : prevIndex + known;
        } else if (prevIndex > log.lastIndex()
                || !state.rules.matches(request.prevTerm(), log.terms().at(prevIndex))) {
            reject(from, request);
            return;
        }
        appendMissing(entries);
        long match = prevIndex + entries.size();
        verified(match);
        advanceCommit(request.commit());
        accept(from, match);
    }

    /**
     * Acknowledges once the disk has it. What waits for the disk already is not promised again, or a leader that asks
     * over and over would fill the queue of a disk that has stalled.
     */
    private void accept(long from, long match) {
        RaftLog log = state.log;
        if (promisedTerm == state.term && promisedIndex >= match && log.isUnderway(promisedSequence)) {
            return;
        }
        promisedTerm = state.term;
        promisedIndex = match;
        promisedSequence = log.nextSequence();
        state.out.send(from, new AppendAccepted(state.term, match));
    }

    private void appendMissing(List<Entry> entries) {
        RaftLog log = state.log;
        int known = 0;
        while (known < entries.size()) {
            Entry entry = entries.get(known);
            if (entry.index() > log.lastIndex()) {
                break;
            }
            if (state.rules.conflicts(entry.term(), log.terms().at(entry.index()))) {
                state.rules.checkTruncation(entry.index(), state.commitIndex);
                break;
            }
            known++;
        }
        if (known == entries.size()) {
            return;
        }
        List<Entry> missing = known == 0 ? entries : List.copyOf(entries.subList(known, entries.size()));
        state.out.append(missing);
        log.append(missing);
    }

    /** Goes back a term at a time, here and at the leader (paper, section 5.3, end). */
    private void reject(long from, AppendRequest request) {
        TermIndex terms = state.log.terms();
        long hint = terms.lastNotAbove(Math.min(request.prevIndex() - 1, terms.lastIndex()), request.prevTerm());
        state.out.send(from, new AppendRejected(state.term, request.prevIndex(), hint, terms.at(hint)));
    }

    void onHeartbeat(long from, Heartbeat heartbeat) {
        advanceCommit(heartbeat.commit());
        // One from before the latest change of membership does not speak for who has joined with it.
        if (heartbeat.commit() >= state.log.memberships().latestIndex()) {
            state.matchedByAll = Math.max(state.matchedByAll, Math.min(heartbeat.matchedByAll(), state.commitIndex));
        }
        state.out.send(from, new HeartbeatResponse(state.term, heartbeat.round(), state.isDegraded()));
    }

    /** The leader's log begins above what this member's ends with, or so it believes. */
    void onSnapshotRequired(long from, SnapshotRequired required) {
        long needed = required.firstIndex() - 1;
        if (state.rules.needsSnapshot(state.commitIndex, needed)) {
            state.out.wantSnapshot(needed);
        } else {
            // It has come meanwhile. What is committed is in the leader's log too (paper, section 5.4).
            verified(state.commitIndex);
            accept(from, state.commitIndex);
        }
    }

    private void verified(long index) {
        verifiedIndex = verifiedTerm == state.term ? Math.max(verifiedIndex, index) : index;
        verifiedTerm = state.term;
    }

    /**
     * What the state holds is committed, whether the leader knows or not: so the log may be cut where the state stands
     * as soon as it reaches there.
     */
    private void advanceCommit(long leaderCommit) {
        long verified = verifiedTerm == state.term ? verifiedIndex : 0;
        long known = Math.max(leaderCommit, state.appliedAtStart);
        long commit = state.rules.followerCommit(state.commitIndex, known, verified);
        state.commitIndex = Math.max(state.commitIndex, Math.min(commit, state.log.lastIndex()));
    }

    /** A message that no correct leader sends is not to be acted on. */
    static boolean isSound(AppendRequest request) {
        long term = request.prevTerm();
        if (request.prevIndex() < 0 || term < 0 || request.prevIndex() == 0 && term != 0) {
            return false;
        }
        long index = request.prevIndex();
        List<Entry> entries = request.entries();
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            index++;
            if (entry.index() != index || entry.term() < term || entry.term() > request.term()) {
                return false;
            }
            term = entry.term();
            if (entry.kind() == Entry.Kind.MEMBERSHIP && !isMembership(entry.data())) {
                return false;
            }
        }
        return term <= request.term();
    }

    private static boolean isMembership(byte[] data) {
        try {
            Membership.decode(data);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
