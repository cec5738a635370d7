package io.raftgres.raft;

/** How far one other member is, as its leader knows (thesis, section 3.5; probing and pipelining: section 10.2.1). */
final class Progress {

    enum Phase {
        /** Where the logs agree is not known: one append at a time. */
        PROBE,
        /** The logs agree: appends follow one another without waiting. */
        REPLICATE
    }

    final long id;
    long match;
    long next;
    Phase phase = Phase.PROBE;

    /** In PROBE: an append is under way, since {@link #sentTick}. */
    boolean waiting;

    long sentTick;

    /** Times in a row that it rejected a probe where it had acknowledged. */
    int denials;

    /** It does not even match where the log now begins: appends cannot help it, it needs a snapshot. */
    boolean cutOff;

    /** When the match index last grew, or the first append under way was sent. */
    long progressTick;

    /** When the member was last heard; at first, when this leader began to listen. */
    long heardTick;

    /** Whether it was heard at all. */
    boolean heard;

    /** Its connection broke, and it has not been heard since: a change of membership must not rely on it. */
    boolean unreachable;

    /** Whether it suits as leader, as it said last; false until it has said. */
    boolean fit;

    boolean saidFitness;

    /** Index of its removal; 0 while it is a member. */
    long removedAt;

    /** Until when a removed member still gets the log, so that it learns of its removal. */
    long toldUntilTick;

    /** The latest quorum round that it answered. */
    long round;

    /** The largest commit index that it was told. */
    long toldCommit;

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

    boolean maySend(RaftConfig config) {
        return switch (phase) {
            case PROBE -> !waiting;
            case REPLICATE -> inflight.count() < config.maxInflightAppends()
                    && inflight.bytes() < config.maxInflightBytes();
        };
    }

    void sent(long lastIndex, long bytes, long now) {
        sentTick = now;
        switch (phase) {
            case PROBE -> waiting = true;
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
        phase = Phase.PROBE;
        next = from;
        waiting = false;
        inflight.clear();
    }

    void acknowledged(long acknowledged, long newMatch, long now) {
        boolean current = acknowledged >= match;
        denials = 0;
        if (newMatch > match) {
            match = newMatch;
            progressTick = now;
        }
        inflight.releaseUpTo(match);
        if (phase == Phase.PROBE && current) {
            phase = Phase.REPLICATE;
            cutOff = false;
            next = match + 1;
            waiting = false;
        }
        next = Math.max(next, match + 1);
    }
}
