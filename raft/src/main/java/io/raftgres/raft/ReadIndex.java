package io.raftgres.raft;

import io.raftgres.raft.Message.ReadIndexRequest;
import io.raftgres.raft.Message.ReadIndexResponse;
import java.util.ArrayList;
import java.util.List;

/**
 * Linearizable reads (thesis, section 6.4). A leader answers a batch of reads with its commit index once a quorum round
 * that began after the batch came has proved that it still leads. One round is under way; what comes meanwhile shares
 * the next one. A follower asks the leader, in the same way: one question is under way, the next one is for all that
 * came meanwhile.
 */
final class ReadIndex {

    /** Batches that wait at one member; more fail at once. */
    static final int MAX_WAITING = 4096;

    /** A batch that wants its index. {@code from} is {@link Member#NONE} for this member's own. */
    private record Batch(long from, long id) {}

    /** What this member asked the leader, for these batches of its own. */
    private record Question(long number, List<Long> ids, long leader, long deadlineTick) {}

    private final MemberState state;

    // As the leader
    private List<Batch> waiting = new ArrayList<>();
    private List<Batch> underway = new ArrayList<>();
    private long underwayIndex;
    private long round;

    // As a follower
    private Question asked;
    private List<Long> toAsk = new ArrayList<>();
    private long nextNumber;

    ReadIndex(MemberState state) {
        this.state = state;
        // An answer that was on its way before a restart must not be taken for one to a new read.
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
            asked = new Question(nextNumber++, toAsk, state.leader, state.now + state.config.electionTicks());
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
        Question answered = asked;
        asked = null;
        answered.ids().forEach(id -> state.out.read(id, index));
    }

    /**
     * Requests and answers get lost: a follower gives up after an election timeout, and asks for those that came since.
     */
    void tick() {
        if (asked != null && asked.deadlineTick() <= state.now) {
            answerAsked(0);
            ask();
        }
    }

    /**
     * Answers what a round has confirmed, and begins the next.
     *
     * @return whether a round has begun: its heartbeats are to go out at once
     */
    boolean advance(Leader leadership) {
        if (!underway.isEmpty() && state.quorum.reached(voter -> confirmed(leadership, voter))) {
            answer(underway, underwayIndex);
            underway = new ArrayList<>();
        }
        if (waiting.isEmpty() || !underway.isEmpty() || !state.rules.mayRead(state.termAtCommit(), state.term)) {
            return false;
        }
        if (!state.rules.readNeedsRound() || state.quorum.isOnly(state.self())) {
            answer(waiting, state.commitIndex);
            waiting = new ArrayList<>();
            return false;
        }
        List<Batch> next = waiting;
        waiting = underway;
        underway = next;
        underwayIndex = state.commitIndex;
        round++;
        return true;
    }

    private boolean confirmed(Leader leadership, long voter) {
        return voter == state.self() || state.rules.confirmsRound(leadership.roundOf(voter), round);
    }

    /** No longer leader: whoever asked may ask again, elsewhere. */
    void leadershipLost() {
        answer(underway, 0);
        answer(waiting, 0);
        underway = new ArrayList<>();
        waiting = new ArrayList<>();
        round = 0;
    }

    /** The leader that was asked leads no more. */
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
        return waiting.size() + underway.size() >= MAX_WAITING;
    }
}
