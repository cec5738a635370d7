package io.raftgres.sim;

import io.raftgres.raft.Entry;
import io.raftgres.raft.Input;
import io.raftgres.raft.Member;
import io.raftgres.raft.Output.Proposed;
import io.raftgres.raft.Output.ReadResult;
import io.raftgres.raft.Output.Refusal;
import io.raftgres.raft.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Handles the clients' requests at one node: batches them, forwards them to the leader, and answers them when applied.
 */
final class Service {

    /**
     * @param command null for a read
     * @param origin the node that the client talks to
     */
    record Request(Clients.Attempt attempt, Command command, int key, int origin) {}

    private record Waiting(long term, Request request) {}

    /** @param floor the largest index known to be committed, anywhere, when the read was requested */
    private record Asked(long floor, List<Request> requests) {}

    private record Ready(long index, List<Request> requests) {}

    private final World world;
    private final SimNode node;
    private List<Request> arrived = new ArrayList<>();
    private final Map<Long, Waiting> writes = new HashMap<>();
    private final Map<Long, Asked> reads = new HashMap<>();
    private final List<Ready> ready = new ArrayList<>();
    private long nextRead = 1;

    Service(World world, SimNode node) {
        this.world = world;
        this.node = node;
    }

    void clear() {
        arrived = new ArrayList<>();
        writes.clear();
        reads.clear();
        ready.clear();
    }

    /** Handles a request from a client or from another node. */
    void request(Request request) {
        node.later(0, () -> {
            if (arrived.isEmpty()) {
                node.later(request.attempt().number() % 3 * 300L, this::takeArrived);
            }
            arrived.add(request);
        });
    }

    private void takeArrived() {
        List<Request> batch = arrived;
        arrived = new ArrayList<>();
        List<Request> proposals = new ArrayList<>();
        List<Request> asked = new ArrayList<>();
        for (Request request : batch) {
            if (request.command() == null) {
                asked.add(request);
            } else if (node.core().role() == Role.LEADER) {
                proposals.add(request);
            } else {
                forward(request);
            }
        }
        if (!proposals.isEmpty()) {
            propose(proposals);
        }
        if (!asked.isEmpty()) {
            read(asked);
        }
    }

    private void forward(Request request) {
        int leader = (int) node.core().leader();
        if (leader == Member.NONE || leader == node.id() || request.origin() != node.id()) {
            answer(request, SimResponse.NOT_DONE);
            return;
        }
        world.network.forward(node.id(), leader, () -> {
            SimNode receiver = world.node(leader);
            if (receiver != null && receiver.isUp()) {
                receiver.service().request(request);
            }
        });
    }

    private void propose(List<Request> proposals) {
        List<byte[]> commands = new ArrayList<>();
        proposals.forEach(request -> commands.add(request.command().encode()));
        Proposed proposed = node.step(new Input.Propose(commands));
        int taken = 0;
        if (proposed instanceof Proposed.Refused refused && refused.reason() == Refusal.OVERLOADED) {
            world.counts.reached(Reached.OVERLOADED);
        }
        if (proposed instanceof Proposed.Accepted(long first, long term, int count)) {
            for (; taken < count; taken++) {
                Request request = proposals.get(taken);
                writes.put(first + taken, new Waiting(term, request));
                if (world.sabotaged(Sabotage.ANSWER_BEFORE_COMMIT)) {
                    answer(request, new SimResponse(SimResponse.Kind.WRITTEN, 0, 0));
                }
            }
        }
        for (; taken < proposals.size(); taken++) {
            answer(proposals.get(taken), SimResponse.NOT_DONE);
        }
    }

    /** The state machine has applied an entry. @param response null when it was not a command */
    void applied(Entry entry, SimResponse response) {
        Waiting waiting = writes.remove(entry.index());
        if (waiting == null) {
            return;
        }
        // Another leader's entry took its place: this one can never be committed.
        boolean overwritten = waiting.term() != entry.term() || response == null;
        if (!overwritten) {
            world.checks.acknowledging(node, entry);
        }
        answer(waiting.request(), overwritten ? SimResponse.NOT_DONE : response);
    }

    private void read(List<Request> batch) {
        if (world.sabotaged(Sabotage.LOCAL_READS)) {
            answerReads(batch);
            return;
        }
        long id = nextRead++;
        reads.put(id, new Asked(world.checks.committed(), batch));
        node.step(new Input.Read(id));
    }

    void readIndex(ReadResult result) {
        Asked asked = reads.remove(result.id());
        if (asked == null) {
            throw new Violation(Invariant.CORE_ASSERTION, node + " answers read " + result.id() + " twice");
        }
        if (!result.failed() && result.index() < asked.floor()) {
            throw new Violation(
                    Invariant.LINEARIZABILITY,
                    node + " may read at " + result.index() + ", but entries up to " + asked.floor()
                            + " were committed when the read was requested");
        }
        List<Request> batch = asked.requests();
        if (result.failed() || node.isStateless()) {
            batch.forEach(request -> answer(request, SimResponse.NOT_DONE));
        } else if (result.index() <= node.applied() || world.sabotaged(Sabotage.READ_BEFORE_APPLIED)) {
            answerReads(batch);
        } else {
            ready.add(new Ready(result.index(), batch));
        }
    }

    /** Answers the reads whose read index has been applied. */
    void answerReads() {
        for (Iterator<Ready> all = ready.iterator(); all.hasNext(); ) {
            Ready next = all.next();
            if (next.index() <= node.applied()) {
                all.remove();
                answerReads(next.requests());
            }
        }
    }

    private void answerReads(List<Request> batch) {
        world.counts.reads += batch.size();
        batch.forEach(request -> answer(request, node.machine().read(request.key())));
    }

    private void answer(Request request, SimResponse response) {
        Runnable arrival = () -> world.clients.answered(request.attempt(), response);
        if (request.origin() == node.id()) {
            world.after(100, arrival);
        } else {
            world.network.forward(node.id(), request.origin(), arrival);
        }
    }
}
