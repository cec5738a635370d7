package io.raftgres.raft;

import java.util.List;

/** What members say to one another. Every message carries its sender's term (paper, section 5.1). */
public sealed interface Message {

    long term();

    /**
     * Would you vote for me in {@code term}? (thesis, section 9.6). Changes nothing at the receiver.
     *
     * @param term the term the sender would campaign in: one above its own
     */
    record PreVoteRequest(long term, long lastIndex, long lastTerm) implements Message {}

    /** @param term the request's term when granted, the receiver's own when not */
    record PreVoteResponse(long term, boolean granted) implements Message {}

    /**
     * RequestVote (paper, section 5.2).
     *
     * @param transfer the sender campaigns because the leader told it to: receivers do not hold on to the
     *     leader they still hear from (thesis, sections 3.10 and 4.2.3)
     */
    record VoteRequest(long term, long lastIndex, long lastTerm, boolean transfer) implements Message {}

    record VoteResponse(long term, boolean granted) implements Message {}

    /**
     * AppendEntries with entries or as a probe (paper, section 5.3). Entries follow {@code prevIndex} without gaps.
     *
     * @param commit the leader's commit index
     */
    record AppendRequest(long term, long prevIndex, long prevTerm, List<Entry> entries, long commit)
            implements Message {}

    /** Everything up to {@code matchIndex} is durable at the sender and equal to the leader's log. */
    record AppendAccepted(long term, long matchIndex) implements Message {}

    /**
     * The sender's log does not match at {@code prevIndex}. The hint is the largest index that may match: the
     * leader goes back a term at a time, not an entry at a time (paper, section 5.3, end).
     *
     * @param prevIndex the request's
     * @param hintIndex an index of the sender's log, below {@code prevIndex} or its last one
     * @param hintTerm the sender's term at {@code hintIndex}, 0 when it has none
     */
    record AppendRejected(long term, long prevIndex, long hintIndex, long hintTerm) implements Message {}

    /**
     * An empty AppendEntries that claims nothing about the log, so that it may overtake bulk data.
     *
     * @param commit the leader's commit index, never above what the receiver is known to have
     * @param round number of the leader's latest quorum round (thesis, section 6.4)
     * @param matchedByAll every member has the log up to here: the log below may be cut
     */
    record Heartbeat(long term, long commit, long round, long matchedByAll) implements Message {}

    /**
     * @param round the heartbeat's
     * @param degraded whether the sender should not lead: see {@link Input.Degraded}
     */
    record HeartbeatResponse(long term, long round, boolean degraded) implements Message {}

    /**
     * The entries that the receiver lacks were cut: only a snapshot of the state helps it. Sent instead of appends, now
     * and then, until the receiver acknowledges entries at or above the cut.
     *
     * @param firstIndex where the leader's log begins, at least 2: a state at or above the index before it is needed
     */
    record SnapshotRequired(long term, long firstIndex) implements Message {}

    /** A follower's batch of reads asks for a read index (thesis, section 6.4). @param id the follower's own number */
    record ReadIndexRequest(long term, long id) implements Message {}

    /** @param index the read index; 0: the receiver cannot answer (no leader), ask again */
    record ReadIndexResponse(long term, long id, long index) implements Message {}

    /** Campaign now: the leader hands over (thesis, section 3.10). */
    record TimeoutNow(long term) implements Message {}

    /** A message on its way. */
    record Envelope(long from, long to, Message message) {}
}
