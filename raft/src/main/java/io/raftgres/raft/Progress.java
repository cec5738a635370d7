package io.raftgres.raft;

/** The leader's view of one other member's log (thesis, section 3.5; probing and pipelining: section 10.2.2). */
final class Progress {

    enum Phase {
        /** The leader does not know where the logs agree: it sends one append at a time. */
        PROBE,
        /** The logs agree: the leader sends appends without waiting for each response. */
        REPLICATE,
        /** The member's log ends below the first entry of the leader's log: the member needs a snapshot. */
        SNAPSHOT
    }

    final long id;
    long match;
    long next;
    Phase phase = Phase.PROBE;

    /** In PROBE or SNAPSHOT: a message is in flight, since {@link #sentTick}. */
    boolean waiting;

    long sentTick;

    /** Number of consecutive rejections of a probe at an index that the member had accepted. */
    int denials;

    /** When the match index last grew, or the first append in flight was sent. */
    long progressTick;

    /** Tick of the latest message from the member; at first, the tick at which this leader began to track it. */
    long heardTick;

    /** Whether this leader has received any message from the member. */
    boolean heard;

    /** Its connection broke, and no message has come since: a membership change must not rely on it. */
    boolean unreachable;

    /** Whether its latest response to a heartbeat said that it is degraded: see {@link Input.Degraded}. */
    boolean degraded;

    /** Whether it has responded to a heartbeat of this leader. */
    boolean responded;

    /** Index of its removal; 0 while it is a member. */
    long removedAt;

    /** Until this tick, a removed member still receives the log, so that it learns of its removal. */
    long replicateUntilTick;

    /** The latest quorum round that it confirmed. */
    long round;

    /** The largest commit index sent to it. */
    long sentCommit;

    final ByteWindow inflight = new ByteWindow();

    Progress(long id, long next, long now) {
        this.id = id;
        this.next = next;
        this.heardTick = now;
    }

    void heard(long now) {
        unreachable = false;
        heard = true;
        heardTick = now;
    }

    boolean isKnownHealthy() {
        return responded && !degraded;
    }

    boolean isKnownDegraded() {
        return responded && degraded;
    }

    boolean maySend(RaftConfig config) {
        return switch (phase) {
            case PROBE, SNAPSHOT -> !waiting;
            case REPLICATE ->
                inflight.count() < config.maxInflightAppends() && inflight.bytes() < config.maxInflightBytes();
        };
    }

    void sent(long lastIndex, long bytes, long now) {
        sentTick = now;
        switch (phase) {
            case PROBE, SNAPSHOT -> waiting = true;
            case REPLICATE -> {
                if (inflight.isEmpty()) {
                    progressTick = now;
                }
                inflight.add(lastIndex, bytes);
                next = lastIndex + 1;
            }
        }
    }

    void probeFrom(long from) {
        restart(Phase.PROBE, from);
    }

    /** @param from first entry of the leader's log */
    void needsSnapshot(long from) {
        restart(Phase.SNAPSHOT, from);
    }

    private void restart(Phase restarted, long from) {
        phase = restarted;
        next = from;
        waiting = false;
        inflight.clear();
    }

    void accepted(long accepted, long newMatch, long now) {
        boolean current = accepted >= match;
        denials = 0;
        if (newMatch > match) {
            match = newMatch;
            progressTick = now;
        }
        inflight.releaseUpTo(match);
        if (phase != Phase.REPLICATE && current) {
            phase = Phase.REPLICATE;
            next = match + 1;
            waiting = false;
        }
        next = Math.max(next, match + 1);
    }
}
