package io.raftgres.raft;

import java.util.List;

/** A message between two members. Each carries its sender's term (paper, section 5.1). */
public sealed interface Message {

    long term();

    /**
     * Asks whether the receiver would vote for the sender in {@code term} (thesis, section 9.6). Changes nothing at the
     * receiver.
     *
     * @param term the term in which the sender would campaign: its own plus one
     */
    record PreVoteRequest(long term, long lastIndex, long lastTerm) implements Message {}

    /** @param term the request's term when granted, the receiver's own when not */
    record PreVoteResponse(long term, boolean granted) implements Message {}

    /**
     * RequestVote (paper, section 5.2).
     *
     * @param transfer whether the leader asked the sender to campaign: receivers then do not protect the leader that
     *     they still hear from (thesis, sections 3.10 and 4.2.3)
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

    /** All entries up to {@code matchIndex} are durable at the sender and equal to the leader's log. */
    record AppendAccepted(long term, long matchIndex) implements Message {}

    /**
     * The sender's log does not match at {@code prevIndex}. The hint is the largest index that may match. With it the
     * leader goes back one term at a time, not one entry at a time (paper, section 5.3, end).
     *
     * @param prevIndex the request's
     * @param hintIndex an index of the sender's log, below {@code prevIndex} or its last one
     * @param hintTerm the sender's term at {@code hintIndex}, 0 when unknown
     */
    record AppendRejected(long term, long prevIndex, long hintIndex, long hintTerm) implements Message {}

    /**
     * An empty AppendEntries that states nothing about the log, so that it may overtake bulk data.
     *
     * @param commit the leader's commit index, at most the receiver's known match index
     * @param round number of the leader's latest quorum round (thesis, section 6.4)
     * @param matchedByAll every member has the log up to this index: entries below may be cut
     */
    record Heartbeat(long term, long commit, long round, long matchedByAll) implements Message {}

    /**
     * @param round the heartbeat's
     * @param degraded whether the sender should not lead: see {@link Input.Degraded}
     */
    record HeartbeatResponse(long term, long round, boolean degraded) implements Message {}

    /**
     * The entries that the receiver lacks were cut, so it needs a snapshot. The leader sends this instead of appends,
     * repeatedly, until the receiver acknowledges entries at or above the cut.
     *
     * @param firstIndex first index of the leader's log, at least 2: the receiver needs a state at or above the index
     *     before it
     */
    record SnapshotRequired(long term, long firstIndex) implements Message {}

    /**
     * A follower requests a read index for a batch of reads (thesis, section 6.4). @param id the follower's own number
     */
    record ReadIndexRequest(long term, long id) implements Message {}

    /** @param index the read index; 0: the receiver cannot give one (it is not the leader), so the sender asks again */
    record ReadIndexResponse(long term, long id, long index) implements Message {}

    /**
     * TimeoutNow: the receiver must campaign at once, because the leader transfers leadership to it (thesis, section
     * 3.10).
     */
    record TimeoutNow(long term) implements Message {}

    /** A message with its sender and receiver. */
    record Envelope(long from, long to, Message message) {}
}
