package io.raftgres.node.log;

import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Restored;
import io.raftgres.raft.Restored.TermStart;
import java.util.ArrayList;
import java.util.List;

/**
 * The content of the log without the commands: the same fold over its records when they are written and when they are
 * recovered. Guarded by the log's lock.
 */
final class LogContents {

    private long baseIndex;
    private long baseTerm;
    private Membership baseMembership;
    private HardState hardState;
    private long lastIndex;
    private final List<TermStart> terms = new ArrayList<>();
    private final List<Entry> memberships = new ArrayList<>();

    /** An empty log that begins with this segment. */
    LogContents(SegmentHeader oldest) {
        baseIndex = oldest.firstIndex() - 1;
        baseTerm = oldest.previousTerm();
        baseMembership = oldest.membership();
        hardState = oldest.hardState();
        lastIndex = baseIndex;
    }

    long firstIndex() {
        return baseIndex + 1;
    }

    long lastIndex() {
        return lastIndex;
    }

    HardState hardState() {
        return hardState;
    }

    void store(HardState next) {
        if (next.term() < hardState.term()) {
            throw new IllegalStateException("hard state goes back from " + hardState + " to " + next);
        }
        hardState = next;
    }

    /** @return whether the entry replaced others */
    boolean append(Entry entry) {
        return append(entry.index(), entry.term(), entry.kind() == Entry.Kind.MEMBERSHIP ? entry : null);
    }

    /**
     * @param membership the entry when it is a MEMBERSHIP, null otherwise; @return whether the entry replaced others
     */
    boolean append(long index, long term, Entry membership) {
        if (index <= baseIndex || index > lastIndex + 1) {
            throw new IllegalStateException(
                    "entry " + index + " does not fit a log of " + firstIndex() + " to " + lastIndex);
        }
        boolean replaces = index <= lastIndex;
        if (replaces) {
            truncateTo(index - 1);
        }
        long lastTerm = termAt(lastIndex);
        if (term < lastTerm) {
            throw new IllegalStateException("entry " + index + " of term " + term + " follows one of term " + lastTerm);
        }
        if (terms.isEmpty() || term > lastTerm) {
            terms.add(new TermStart(index, term));
        }
        if (membership != null) {
            memberships.add(membership);
        }
        lastIndex = index;
        return replaces;
    }

    /** Drops the entries above {@code index}. */
    void truncateTo(long index) {
        while (!terms.isEmpty() && terms.getLast().index() > index) {
            terms.removeLast();
        }
        while (!memberships.isEmpty() && memberships.getLast().index() > index) {
            memberships.removeLast();
        }
        lastIndex = index;
    }

    /** The log now begins with this segment. */
    void trimTo(SegmentHeader oldest) {
        long firstIndex = oldest.firstIndex();
        long firstTerm = firstIndex > lastIndex ? 0 : termAt(firstIndex);
        terms.removeIf(run -> run.index() <= firstIndex);
        if (firstTerm > 0) {
            terms.addFirst(new TermStart(firstIndex, firstTerm));
        }
        memberships.removeIf(entry -> entry.index() < firstIndex);
        baseIndex = firstIndex - 1;
        baseTerm = oldest.previousTerm();
        baseMembership = oldest.membership();
    }

    /** @param index from one below the first to the last */
    long termAt(long index) {
        if (index < baseIndex || index > lastIndex) {
            throw new IllegalStateException(
                    "term of entry " + index + " of a log of " + firstIndex() + " to " + lastIndex);
        }
        for (int i = terms.size() - 1; i >= 0; i--) {
            if (terms.get(i).index() <= index) {
                return terms.get(i).term();
            }
        }
        return baseTerm;
    }

    Membership membershipAt(long index) {
        for (int i = memberships.size() - 1; i >= 0; i--) {
            if (memberships.get(i).index() <= index) {
                return Membership.decode(memberships.get(i).data());
            }
        }
        return baseMembership;
    }

    Restored restored(long appliedIndex) {
        return new Restored(
                hardState,
                baseIndex,
                baseTerm,
                baseMembership,
                List.copyOf(terms),
                List.copyOf(memberships),
                lastIndex,
                appliedIndex);
    }
}
