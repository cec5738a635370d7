package io.raftgres.raft;

import io.raftgres.raft.Message.ReadIndexRequest;
import io.raftgres.raft.Message.ReadIndexResponse;
import java.util.ArrayList;
import java.util.List;

/**
 * Linearizable reads (thesis, section 6.4). A leader answers a batch of reads with its commit index. Before that, a
 * quorum round that began after the batch arrived must confirm its leadership. One round is in flight; batches that
 * arrive meanwhile share the next one. A follower asks the leader in the same way: one request is in flight, and the
 * next one covers all batches that arrived meanwhile.
 */
final class ReadIndex {

    /** Upper bound of batches waiting at one member; further ones fail at once. */
    static final int MAX_WAITING = 4096;

    /** A batch that waits for its index. {@code from} is {@link Member#NONE} for this member's own. */
    private record Batch(long from, long id) {}

    /** A request to the leader on behalf of these batches of this member. */
    private record LeaderRequest(long number, List<Long> ids, long leader, long deadlineTick) {}

    private final MemberState state;

    // As the leader
    private List<Batch> waiting = new ArrayList<>();
    private List<Batch> inFlight = new ArrayList<>();
    private long inFlightIndex;
    private long round;

    // As a follower
    private LeaderRequest asked;
    private List<Long> toAsk = new ArrayList<>();
    private long nextNumber;

    ReadIndex(MemberState state) {
        this.state = state;
        // A response that was in flight before a restart must not be taken for one to a new read.
        this.nextNumber = state.random.nextLong();
    }

    /** @return number of the latest quorum round of this leader */
    long round() {
        return round;
    }

    void read(long id) {
        if (state.isLeader()) {
            if (isFull()) {
                state.out.read(id, 0);
            } else {
                waiting.add(new Batch(Member.NONE, id));
            }
        } else if (state.leader == Member.NONE || askedOrToAsk() >= MAX_WAITING) {
            state.out.read(id, 0);
        } else {
            toAsk.add(id);
            ask();
        }
    }

    private int askedOrToAsk() {
        return toAsk.size() + (asked == null ? 0 : asked.ids().size());
    }

    private void ask() {
        if (asked == null && !toAsk.isEmpty()) {
            asked = new LeaderRequest(nextNumber++, toAsk, state.leader, state.now + state.config.electionTicks());
            toAsk = new ArrayList<>();
            state.out.send(state.leader, new ReadIndexRequest(state.term, asked.number()));
        }
    }

    void onRequest(long from, ReadIndexRequest request) {
        if (!state.isLeader() || isFull()) {
            state.out.send(from, new ReadIndexResponse(state.term, request.id(), 0));
        } else {
            waiting.add(new Batch(from, request.id()));
        }
    }

    void onResponse(long from, ReadIndexResponse response) {
        if (asked != null && asked.number() == response.id() && asked.leader() == from && response.index() >= 0) {
            answerAsked(response.index());
            ask();
        }
    }

    private void answerAsked(long index) {
        LeaderRequest answered = asked;
        asked = null;
        answered.ids().forEach(id -> state.out.read(id, index));
    }

    /**
     * Requests and responses can be lost. After an election timeout the follower fails the batches of the request, and
     * asks for those that arrived since.
     */
    void tick() {
        if (asked != null && asked.deadlineTick() <= state.now) {
            answerAsked(0);
            ask();
        }
    }

    /**
     * Answers the batches that a round has confirmed, and begins the next round.
     *
     * @return whether a round has begun: its heartbeats must be sent at once
     */
    boolean advance(Leader leadership) {
        if (!inFlight.isEmpty() && state.quorum.reached(voter -> confirmed(leadership, voter))) {
            answer(inFlight, inFlightIndex);
            inFlight = new ArrayList<>();
        }
        if (waiting.isEmpty() || !inFlight.isEmpty() || !state.rules.mayRead(state.termAtCommit(), state.term)) {
            return false;
        }
        if (!state.rules.readNeedsRound() || state.quorum.isOnly(state.self())) {
            answer(waiting, state.commitIndex);
            waiting = new ArrayList<>();
            return false;
        }
        List<Batch> next = waiting;
        waiting = inFlight;
        inFlight = next;
        inFlightIndex = state.commitIndex;
        round++;
        return true;
    }

    private boolean confirmed(Leader leadership, long voter) {
        return voter == state.self() || state.rules.confirmsRound(leadership.roundOf(voter), round);
    }

    /** Fails all batches after the loss of leadership; their senders may ask the new leader. */
    void leadershipLost() {
        answer(inFlight, 0);
        answer(waiting, 0);
        inFlight = new ArrayList<>();
        waiting = new ArrayList<>();
        round = 0;
    }

    /** Fails this member's own batches after the leader that was asked is no longer known. */
    void leaderLost() {
        if (asked != null) {
            answerAsked(0);
        }
        toAsk.forEach(id -> state.out.read(id, 0));
        toAsk.clear();
    }

    private void answer(List<Batch> batches, long index) {
        for (Batch batch : batches) {
            if (batch.from() == Member.NONE) {
                state.out.read(batch.id(), index);
            } else {
                state.out.send(batch.from(), new ReadIndexResponse(state.term, batch.id(), index));
            }
        }
    }

    private boolean isFull() {
        return waiting.size() + inFlight.size() >= MAX_WAITING;
    }
}
