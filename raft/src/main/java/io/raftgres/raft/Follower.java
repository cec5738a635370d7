package io.raftgres.raft;

import io.raftgres.raft.Message.AppendAccepted;
import io.raftgres.raft.Message.AppendRejected;
import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.Heartbeat;
import io.raftgres.raft.Message.HeartbeatResponse;
import io.raftgres.raft.Message.SnapshotRequired;
import java.util.List;

/** Follows the leader's log (paper, section 5.3 and figure 2: AppendEntries). */
final class Follower {
    private final MemberState state;

    /** Up to this index, the log is verified to equal the log of the leader of {@link #verifiedTerm}. */
    private long verifiedIndex;

    private long verifiedTerm;

    // The latest acknowledgement, and the append that must be durable before it is sent
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
            // Entries below the base are committed, so the leader has the same entries (paper, section 5.4: leader
            // completeness).
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
     * Acknowledges the entries once they are on disk. An acknowledgement that already waits for the disk is not queued
     * again. Otherwise the leader's retries would fill the queue of a stalled disk.
     */
    private void accept(long from, long match) {
        RaftLog log = state.log;
        if (promisedTerm == state.term && promisedIndex >= match && log.isInFlight(promisedSequence)) {
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

    /** Rejects the append with a hint that lets the leader go back one term at a time (paper, section 5.3, end). */
    private void reject(long from, AppendRequest request) {
        TermIndex terms = state.log.terms();
        long hint = terms.lastNotAbove(Math.min(request.prevIndex() - 1, terms.lastIndex()), request.prevTerm());
        state.out.send(from, new AppendRejected(state.term, request.prevIndex(), hint, terms.at(hint)));
    }

    void onHeartbeat(long from, Heartbeat heartbeat) {
        advanceCommit(heartbeat.commit());
        // A heartbeat from before the latest membership change does not cover the members that joined with it.
        if (heartbeat.commit() >= state.log.memberships().latestIndex()) {
            state.matchedByAll = Math.max(state.matchedByAll, Math.min(heartbeat.matchedByAll(), state.commitIndex));
        }
        state.out.send(from, new HeartbeatResponse(state.term, heartbeat.round(), state.isDegraded()));
    }

    /** Handles the leader's notice that its log begins above the end of this member's log. */
    void onSnapshotRequired(long from, SnapshotRequired required) {
        long needed = required.firstIndex() - 1;
        if (state.rules.needsSnapshot(state.commitIndex, needed)) {
            state.out.wantSnapshot(needed);
        } else {
            // The missing entries have arrived meanwhile. Committed entries are in the leader's log too (paper, section
            // 5.4).
            verified(state.commitIndex);
            accept(from, state.commitIndex);
        }
    }

    private void verified(long index) {
        verifiedIndex = verifiedTerm == state.term ? Math.max(verifiedIndex, index) : index;
        verifiedTerm = state.term;
    }

    /**
     * Advances the commit index. All entries that the state holds are committed, even if the leader does not know it
     * yet. So the log may be cut at the applied index as soon as the log reaches it.
     */
    private void advanceCommit(long leaderCommit) {
        long verified = verifiedTerm == state.term ? verifiedIndex : 0;
        long known = Math.max(leaderCommit, state.appliedAtStart);
        long commit = state.rules.followerCommit(state.commitIndex, known, verified);
        state.commitIndex = Math.max(state.commitIndex, Math.min(commit, state.log.lastIndex()));
    }

    /** @return whether a correct leader could have sent this request; the member ignores any other */
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
