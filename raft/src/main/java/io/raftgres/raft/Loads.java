package io.raftgres.raft;

import io.raftgres.raft.Output.Load;
import java.util.HashMap;
import java.util.Map;

/** Tracks the loads requested from the disk: one in flight for each peer, and one for the state machine. */
final class Loads {
    private final Outbox out;
    private final Map<Long, Load> outstanding = new HashMap<>();

    Loads(Outbox out) {
        this.out = out;
    }

    /** Requests the load unless one for this peer is in flight. */
    void request(long peer, long from, long to, int maxBytes) {
        if (!outstanding.containsKey(peer)) {
            Load load = new Load(peer, from, to, maxBytes);
            outstanding.put(peer, load);
            out.load(load);
        }
    }

    /** @return whether this load was in flight */
    boolean answered(Load load) {
        return outstanding.remove(load.peer(), load);
    }
}
