package io.raftgres.raft;

import io.raftgres.raft.Message.AppendRejected;
import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.Heartbeat;
import io.raftgres.raft.Message.SnapshotRequired;
import io.raftgres.raft.Output.Load;
import io.raftgres.raft.Output.LostEntries;
import java.util.List;

/** Replicates the leader's log to one other member (paper, section 5.3; pipelining: thesis, section 10.2.2). */
final class Replication {

    /** Number of rejections that prove a loss. A single one may be late, from before the acknowledgement. */
    private static final int DENIALS = 3;

    private final MemberState state;
    private boolean heartbeatsDue;

    Replication(MemberState state) {
        this.state = state;
    }

    void heartbeatAll() {
        heartbeatsDue = true;
    }

    void onAccepted(Progress progress, long acknowledged) {
        progress.heard(state.now);
        if (acknowledged < 0 || acknowledged > state.log.lastIndex()) {
            return;
        }
        long match = state.rules.matchAfterAcknowledgement(progress.match, acknowledged);
        progress.accepted(acknowledged, match, state.now);
    }

    void onRejected(Progress progress, AppendRejected rejected) {
        progress.heard(state.now);
        long prev = rejected.prevIndex();
        if (prev <= progress.match && !deniesItsMatch(progress, rejected)) {
            return;
        }
        switch (progress.phase) {
            case REPLICATE -> {
                if (prev < progress.next) {
                    progress.probeFrom(progress.match + 1);
                }
            }
            case PROBE -> {
                long base = state.log.baseIndex();
                if (prev != progress.next - 1) {
                    return;
                }
                if (prev <= base || rejected.hintIndex() < base) {
                    progress.needsSnapshot(base + 1);
                } else {
                    long hint = Math.min(rejected.hintIndex(), prev - 1);
                    long agreed = state.log.terms().lastNotAbove(hint, rejected.hintTerm());
                    progress.probeFrom(Math.max(progress.match + 1, Math.min(agreed + 1, prev)));
                }
            }
            case SNAPSHOT -> {}
        }
    }

    /**
     * A member cannot reject a probe right after an index that it acknowledged in this term, unless its log lost that
     * entry.
     *
     * @return whether it lost the entry: its acknowledgement then no longer counts
     */
    private boolean deniesItsMatch(Progress progress, AppendRejected rejected) {
        long match = progress.match;
        boolean probed = progress.phase == Progress.Phase.PROBE && progress.waiting && progress.next - 1 == match;
        if (match == 0 || rejected.prevIndex() != match || !probed) {
            return false;
        }
        progress.denials++;
        if (progress.denials < DENIALS) {
            progress.waiting = false;
            return false;
        }
        progress.denials = 0;
        progress.match = state.rules.matchAfterLoss(match);
        state.out.lost(new LostEntries(progress.id, match, Math.clamp(rejected.hintIndex(), 0, match - 1)));
        return progress.match < match;
    }

    /** Detects lost appends: the member responds to heartbeats but not to appends. */
    void onHeartbeatResponse(Progress progress, long round, boolean degraded) {
        progress.heard(state.now);
        progress.degraded = degraded;
        progress.responded = true;
        progress.round = Math.max(progress.round, round);
        switch (progress.phase) {
            case PROBE, SNAPSHOT -> {
                if (progress.waiting && state.now - progress.sentTick >= 2L * state.config.heartbeatTicks()) {
                    progress.waiting = false;
                }
            }
            case REPLICATE -> {
                if (!progress.inflight.isEmpty() && state.now - progress.progressTick >= state.config.electionTicks()) {
                    progress.probeFrom(progress.match + 1);
                }
            }
        }
    }

    /** Treats the appends in flight as lost. The next probe waits until the member responds again. */
    void onUnreachable(Progress progress) {
        if (progress.phase == Progress.Phase.REPLICATE) {
            progress.probeFrom(progress.match + 1);
        }
        progress.unreachable = true;
        progress.waiting = true;
        progress.sentTick = state.now - 2L * state.config.heartbeatTicks();
    }

    void onLoaded(Progress progress, Load load, List<Entry> entries) {
        RaftLog log = state.log;
        long prev = load.from() - 1;
        if (progress.next == load.from()
                && prev >= log.baseIndex()
                && progress.maySend(state.config)
                && log.holds(load.from(), entries)) {
            long bytes = 0;
            for (int i = 0; i < entries.size(); i++) {
                bytes += entries.get(i).sizeBytes();
            }
            send(progress, entries, bytes);
        }
    }

    /**
     * Sends appends as far as the windows allow. Sends a heartbeat when one is due or the commit index has advanced.
     */
    void pump(Progress progress, long round, boolean roundBegun) {
        pumpAppends(progress);
        long commit = Math.min(progress.match, state.commitIndex);
        if (heartbeatsDue || roundBegun || progress.sentCommit < commit) {
            progress.sentCommit = Math.max(progress.sentCommit, commit);
            state.out.send(progress.id, new Heartbeat(state.term, commit, round, state.matchedByAll));
        }
    }

    void pumped() {
        heartbeatsDue = false;
    }

    private void pumpAppends(Progress progress) {
        RaftLog log = state.log;
        EntryCache cache = log.cache();
        int maxBytes = state.config.maxAppendBytes();
        while (progress.maySend(state.config)) {
            long last = log.lastIndex();
            if (progress.next - 1 < log.baseIndex()) {
                if (progress.phase == Progress.Phase.SNAPSHOT) {
                    progress.needsSnapshot(log.baseIndex() + 1);
                } else {
                    progress.probeFrom(log.baseIndex() + 1);
                }
            }
            if (progress.phase == Progress.Phase.SNAPSHOT) {
                state.out.send(progress.id, new SnapshotRequired(state.term, log.baseIndex() + 1));
                progress.sent(log.baseIndex(), 0, state.now);
                return;
            }
            // A member that is not known to have the base will probably reject the entries after it.
            boolean doubtful = progress.phase == Progress.Phase.PROBE
                    && progress.next - 1 == log.baseIndex()
                    && progress.match < log.baseIndex();
            if (progress.next > last || doubtful) {
                if (progress.phase == Progress.Phase.PROBE) {
                    send(progress, List.of(), 0);
                }
                return;
            }
            if (progress.next < cache.first()) {
                state.loads.request(progress.id, progress.next, Math.min(last, cache.first() - 1), maxBytes);
                return;
            }
            EntryCache.Slice slice = cache.slice(progress.next, last, maxBytes);
            send(progress, slice.entries(), slice.bytes());
        }
    }

    private void send(Progress progress, List<Entry> entries, long bytes) {
        long prev = progress.next - 1;
        state.out.send(
                progress.id,
                new AppendRequest(state.term, prev, state.log.terms().at(prev), entries, state.commitIndex));
        long sentUpTo = prev + entries.size();
        progress.sentCommit = Math.max(progress.sentCommit, Math.min(state.commitIndex, sentUpTo));
        progress.sent(sentUpTo, bytes, state.now);
    }
}
