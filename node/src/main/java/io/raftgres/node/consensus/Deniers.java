package io.raftgres.node.consensus;

import io.raftgres.raft.Membership;
import io.raftgres.raft.Output;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Members that lack what they had acknowledged to this leader: a disk that lied, was wiped, or was put back. Such a one
 * is not to be relied on, however far it gets again: it stays here until it has left, or this leader leads no more.
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

    /** @return a sentence that has members' ids in hexadecimal */
    public String describe() {
        StringBuilder text = new StringBuilder();
        for (Output.LostEntries lost : found.values()) {
            text.append(text.isEmpty() ? "" : "; ").append(describe(lost));
        }
        return text.toString();
    }

    static String describe(Output.LostEntries lost) {
        return "the log of member " + Long.toHexString(lost.member()) + " has gone backwards: it had acknowledged"
                + " up to " + lost.acknowledged() + ", and has up to " + lost.found() + " at most. Its disk has lost"
                + " what it had synced, or older data was put back: replace it";
    }
}
