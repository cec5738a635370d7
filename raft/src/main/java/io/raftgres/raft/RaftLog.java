package io.raftgres.raft;

import java.util.ArrayDeque;
import java.util.List;

/**
 * A member's knowledge of its log without reading the disk: terms of all entries, recent entries, memberships, and the
 * durable index.
 */
final class RaftLog {

    /** An append in flight to the disk. */
    private static final class InFlight {
        final long sequence;
        final long sinceTick;

        /** Last index that is durable with this append. */
        long position;

        InFlight(long sequence, long sinceTick, long position) {
            this.sequence = sequence;
            this.sinceTick = sinceTick;
            this.position = position;
        }
    }

    private final Rules rules;
    private final TermIndex terms;
    private final EntryCache cache;
    private final MembershipHistory memberships;
    private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();
    private long durableIndex;
    private long lastSequence;

    RaftLog(Restored restored, Rules rules, long maxCachedBytes) {
        this.rules = rules;
        if (restored.baseIndex() < 0
                || restored.lastIndex() < restored.baseIndex()
                || restored.hasState() && restored.appliedIndex() < restored.baseIndex()) {
            throw new IllegalArgumentException("log from " + restored.baseIndex() + " to " + restored.lastIndex()
                    + " and state applied up to " + restored.appliedIndex() + " are inconsistent");
        }
        terms = new TermIndex(restored.baseIndex(), restored.baseTerm());
        for (Restored.TermStart start : restored.terms()) {
            terms.extendTo(start.index() - 1);
            terms.append(start.index(), start.term());
        }
        terms.extendTo(restored.lastIndex());
        if (restored.hardState().term() < terms.lastTerm()) {
            // Otherwise leaders of terms in between would believe that this member has their entries.
            throw new IllegalArgumentException(
                    "a log up to term " + terms.lastTerm() + " is inconsistent with " + restored.hardState());
        }
        memberships = new MembershipHistory(restored.baseIndex(), restored.baseMembership());
        for (Entry entry : restored.memberships()) {
            memberships.append(entry.index(), Membership.decode(entry.data()));
        }
        cache = new EntryCache(maxCachedBytes, restored.lastIndex());
        durableIndex = restored.lastIndex();
    }

    long baseIndex() {
        return terms.baseIndex();
    }

    long lastIndex() {
        return terms.lastIndex();
    }

    long lastTerm() {
        return terms.lastTerm();
    }

    long durableIndex() {
        return durableIndex;
    }

    TermIndex terms() {
        return terms;
    }

    EntryCache cache() {
        return cache;
    }

    MembershipHistory memberships() {
        return memberships;
    }

    /** @param entries consecutive; they replace all entries from the first one's index on */
    void append(List<Entry> entries) {
        long first = entries.getFirst().index();
        if (first <= lastIndex()) {
            truncate(first);
        }
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            terms.append(entry.index(), entry.term());
            cache.append(entry);
            if (entry.kind() == Entry.Kind.MEMBERSHIP) {
                memberships.append(entry.index(), Membership.decode(entry.data()));
            }
        }
    }

    private void truncate(long from) {
        terms.truncate(from);
        cache.truncate(from);
        memberships.truncate(from);
        durableIndex = rules.durableAfterTruncation(durableIndex, from);
        for (InFlight append : inFlight) {
            append.position = rules.durableAfterTruncation(append.position, from);
        }
    }

    /** @return sequence that the next append will have */
    long nextSequence() {
        return lastSequence + 1;
    }

    /**
     * Records an append in flight to the disk: with it, all entries now in the log become durable. @return its sequence
     */
    long issue(long nowTicks) {
        lastSequence++;
        inFlight.addLast(new InFlight(lastSequence, nowTicks, lastIndex()));
        return lastSequence;
    }

    boolean allDurable() {
        return inFlight.isEmpty();
    }

    boolean isInFlight(long sequence) {
        return !inFlight.isEmpty() && inFlight.getFirst().sequence <= sequence && sequence <= lastSequence;
    }

    /** @return age of the oldest append in flight, 0 when there is none */
    long oldestInFlightTicks(long nowTicks) {
        return inFlight.isEmpty() ? 0 : nowTicks - inFlight.getFirst().sinceTick;
    }

    void durable(long sequence) {
        if (sequence > lastSequence) {
            throw new IllegalStateException(
                    "append " + sequence + " reported durable, and the last one was " + lastSequence);
        }
        while (!inFlight.isEmpty() && inFlight.getFirst().sequence <= sequence) {
            durableIndex = Math.max(durableIndex, Math.min(inFlight.removeFirst().position, lastIndex()));
        }
    }

    void trim(long firstIndex) {
        if (firstIndex - 1 > lastIndex()) {
            throw new IllegalStateException("log cut below " + firstIndex + ", and it ends at " + lastIndex());
        }
        if (firstIndex - 1 <= baseIndex()) {
            return;
        }
        terms.trim(firstIndex - 1);
        cache.trim(firstIndex);
        memberships.trim(firstIndex - 1);
    }

    void evict() {
        cache.evict(durableIndex);
    }

    /** @return whether these are consecutive entries of this log, beginning at {@code from} */
    boolean holds(long from, List<Entry> entries) {
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (entry.index() != from + i || terms.at(entry.index()) != entry.term()) {
                return false;
            }
        }
        return !entries.isEmpty();
    }
}
