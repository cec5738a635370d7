package io.raftgres.node.consensus;

import io.raftgres.raft.Membership;
import io.raftgres.raft.Output;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Members that lost entries that they had acknowledged to this leader: the disk lied, was wiped, or was restored from a
 * copy. Such a member cannot be trusted, however far it catches up. It stays listed until it has left or this leader no
 * longer leads.
 */
public final class Deniers {

    private final Map<Long, Output.LostEntries> found = new ConcurrentSkipListMap<>();

    void add(Output.LostEntries lost) {
        found.put(lost.member(), lost);
    }

    void clear() {
        found.clear();
    }

    void retain(Membership membership) {
        found.keySet().removeIf(id -> !membership.contains(id));
    }

    public boolean isEmpty() {
        return found.isEmpty();
    }

    /** @return a sentence that contains members' ids in hexadecimal */
    public String describe() {
        StringBuilder text = new StringBuilder();
        for (Output.LostEntries lost : found.values()) {
            text.append(text.isEmpty() ? "" : "; ").append(describe(lost));
        }
        return text.toString();
    }

    static String describe(Output.LostEntries lost) {
        return "the log of member " + Long.toHexString(lost.member()) + " has gone backwards: it had acknowledged"
                + " entries up to " + lost.acknowledged() + ", but has only those up to " + lost.found()
                + ". Its disk has lost"
                + " synced data, or older data was restored: replace the member";
    }
}
