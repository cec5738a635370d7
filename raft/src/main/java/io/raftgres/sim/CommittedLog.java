package io.raftgres.sim;

import io.raftgres.raft.Entry;
import io.raftgres.raft.Membership;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/** Records the entries that any member has counted as committed, and the state after each of them. */
final class CommittedLog {
    private final List<Entry> entries = new ArrayList<>();
    private final MapMachine machine;
    /** Membership in force from each index on. */
    private final TreeMap<Long, Membership> memberships = new TreeMap<>();
    /** For each index: hash of all entries up to it, hash of the state, and term of the leader that committed it. */
    private long[] hashes = new long[256];

    private long[] states = new long[256];
    private long[] terms = new long[256];

    CommittedLog(Membership bootstrap) {
        machine = new MapMachine(Scenario.KEYS, false, bootstrap);
        memberships.put(0L, bootstrap);
        states[0] = machine.hash();
    }

    long last() {
        return entries.size();
    }

    Entry entry(long index) {
        return entries.get((int) index - 1);
    }

    long hash(long index) {
        return hashes[(int) index];
    }

    long state(long index) {
        return states[(int) index];
    }

    /** @return the membership in force after the entries up to {@code index} */
    Membership membership(long index) {
        return memberships.floorEntry(index).getValue();
    }

    void add(Entry entry, long hash, long leaderTerm) {
        entries.add(entry);
        int index = entries.size();
        if (index == hashes.length) {
            hashes = Arrays.copyOf(hashes, 2 * index);
            states = Arrays.copyOf(states, 2 * index);
            terms = Arrays.copyOf(terms, 2 * index);
        }
        machine.apply(entry);
        if (entry.kind() == Entry.Kind.MEMBERSHIP) {
            memberships.put(entry.index(), machine.membership());
        }
        hashes[index] = hash;
        states[index] = machine.hash();
        terms[index] = leaderTerm;
    }

    /** @return largest index that was committed in a term below {@code term}; 0 when there is none */
    long lastBefore(long term) {
        int index = entries.size();
        while (index > 0 && terms[index] >= term) {
            index--;
        }
        return index;
    }
}
