package io.raftgres.sim;

import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Restored;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The content of a log: entries above a base, the hard state, and for each index a hash of all entries up to it. */
final class LogImage {
    private HardState hardState = HardState.INITIAL;
    private long base;
    private long baseTerm;
    private Membership baseMembership;
    private final ArrayList<Entry> entries = new ArrayList<>();
    /** The entries that change the membership. */
    private final ArrayList<Entry> changes = new ArrayList<>();
    /** Element i belongs to index base + i. */
    private long[] hashes = new long[64];

    LogImage(Membership baseMembership) {
        this.baseMembership = baseMembership;
    }

    LogImage copy() {
        LogImage copy = new LogImage(baseMembership);
        copy.hardState = hardState;
        copy.base = base;
        copy.baseTerm = baseTerm;
        copy.entries.addAll(entries);
        copy.changes.addAll(changes);
        copy.hashes = hashes.clone();
        return copy;
    }

    HardState hardState() {
        return hardState;
    }

    void store(HardState next) {
        hardState = next;
    }

    long base() {
        return base;
    }

    long last() {
        return base + entries.size();
    }

    /** @return term of the last entry; that of the base when there is none */
    long lastTerm() {
        return term(last());
    }

    /** @return whether no promise can have been made with it */
    boolean isBlank() {
        return last() == 0 && hardState.equals(HardState.INITIAL);
    }

    Entry entry(long index) {
        return entries.get((int) (index - base - 1));
    }

    /** @return term of the entry at {@code index}; -1 outside of the log */
    long term(long index) {
        if (index < base || index > last()) {
            return -1;
        }
        return index == base ? baseTerm : entry(index).term();
    }

    /** @return whether the log equals a log with this hash at this index */
    boolean agrees(long index, long hash) {
        return index < base || index <= last() && hashes[(int) (index - base)] == hash;
    }

    /** @return hash of all entries up to {@code index}, which is in the log */
    long hash(long index) {
        if (index < base || index > last()) {
            throw new IllegalStateException("no hash at " + index + " in a log from " + base + " to " + last());
        }
        return hashes[(int) (index - base)];
    }

    /** Writes an entry; it replaces all entries from its index on. */
    void put(Entry entry, boolean keepSuffix) {
        if (entry.index() <= base || entry.index() > last() + 1) {
            throw new Violation(
                    Invariant.LOG_MATCHING,
                    "entry " + entry.index() + " does not fit a log from " + base + " to " + last());
        }
        int at = (int) (entry.index() - base - 1);
        if (keepSuffix && at < entries.size()) {
            entries.set(at, entry);
            for (int i = at; i < entries.size(); i++) {
                hashes[i + 1] = chain(hashes[i], entries.get(i));
            }
            changes.clear();
            entries.stream().filter(LogImage::isChange).forEach(changes::add);
            return;
        }
        if (at < entries.size()) {
            cutEnd(entry.index() - 1);
        }
        entries.add(entry);
        if (isChange(entry)) {
            changes.add(entry);
        }
        if (hashes.length <= entries.size()) {
            hashes = Arrays.copyOf(hashes, 2 * hashes.length);
        }
        hashes[at + 1] = chain(hashes[at], entry);
    }

    private static boolean isChange(Entry entry) {
        return entry.kind() == Entry.Kind.MEMBERSHIP;
    }

    void cutEnd(long newLast) {
        entries.subList((int) (newLast - base), entries.size()).clear();
        while (!changes.isEmpty() && changes.getLast().index() > newLast) {
            changes.removeLast();
        }
    }

    /**
     * Removes all entries: the log begins after {@code newBase}. A lower term is raised to {@code newBaseTerm}.
     * Otherwise a leader of an older term, which has other entries, would believe that this log has its entries.
     *
     * @param hash of all entries up to {@code newBase}
     */
    void restartFrom(long newBase, long newBaseTerm, Membership membership, long hash) {
        hardState = hardState.atLeast(newBaseTerm);
        entries.clear();
        changes.clear();
        base = newBase;
        baseTerm = newBaseTerm;
        baseMembership = membership;
        hashes[0] = hash;
    }

    Membership baseMembership() {
        return baseMembership;
    }

    void cutStart(long newBase) {
        baseMembership = membership(newBase);
        baseTerm = term(newBase);
        int cut = (int) (newBase - base);
        entries.subList(0, cut).clear();
        hashes = Arrays.copyOfRange(hashes, cut, Math.max(cut + 64, hashes.length));
        base = newBase;
        changes.removeIf(change -> change.index() <= newBase);
    }

    /** @return the membership in force at {@code index}, which is in the log */
    Membership membership(long index) {
        for (int i = changes.size() - 1; i >= 0; i--) {
            if (changes.get(i).index() <= index) {
                return Membership.decode(changes.get(i).data());
            }
        }
        return baseMembership;
    }

    /** @return the latest change of membership in the log, null when there is none */
    Entry latestChange() {
        return changes.isEmpty() ? null : changes.getLast();
    }

    /** @return index of the latest change of membership in the log; the base when there is none */
    long lastChange() {
        return changes.isEmpty() ? base : changes.getLast().index();
    }

    List<Entry> range(long from, long to, int maxBytes) {
        List<Entry> range = new ArrayList<>();
        long bytes = 0;
        for (long index = from; index <= Math.min(to, last()) && from > base; index++) {
            bytes += entry(index).sizeBytes();
            if (bytes > maxBytes && !range.isEmpty()) {
                break;
            }
            range.add(entry(index));
        }
        return List.copyOf(range);
    }

    Restored restored(HardState found, long appliedIndex) {
        List<Restored.TermStart> terms = new ArrayList<>();
        List<Entry> memberships = new ArrayList<>();
        long term = baseTerm;
        for (Entry entry : entries) {
            if (entry.term() != term) {
                term = entry.term();
                terms.add(new Restored.TermStart(entry.index(), term));
            }
            if (entry.kind() == Entry.Kind.MEMBERSHIP) {
                memberships.add(entry);
            }
        }
        return new Restored(found, base, baseTerm, baseMembership, terms, memberships, last(), appliedIndex);
    }

    static long chain(long before, Entry entry) {
        long hash = Randomness.mix(before + entry.index() * 0x9E3779B97F4A7C15L ^ entry.term());
        hash = Randomness.mix(hash ^ entry.kind().ordinal());
        byte[] data = entry.data();
        return Randomness.mix(hash * 31 + Arrays.hashCode(data) + data.length);
    }
}
