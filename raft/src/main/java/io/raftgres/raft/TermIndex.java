package io.raftgres.raft;

import java.util.Arrays;

/**
 * The term of every entry in the log, run-length coded: terms only grow along a log, and one run a leader is all it
 * takes. Needs no entry in memory.
 */
final class TermIndex {

    /** Answer for an index outside of the log. */
    static final long UNKNOWN = -1;

    /** Run i begins at index {@code starts[i]}; run 0 begins at the base. */
    private long[] starts = new long[16];

    private long[] terms = new long[16];
    private int runs = 1;
    private long lastIndex;

    TermIndex(long baseIndex, long baseTerm) {
        starts[0] = baseIndex;
        terms[0] = baseTerm;
        lastIndex = baseIndex;
    }

    long baseIndex() {
        return starts[0];
    }

    long lastIndex() {
        return lastIndex;
    }

    long lastTerm() {
        return terms[runs - 1];
    }

    /** @return term of the entry at {@code index}, of the base at the base, {@link #UNKNOWN} elsewhere */
    long at(long index) {
        if (index < starts[0] || index > lastIndex) {
            return UNKNOWN;
        }
        return terms[runOf(index)];
    }

    void append(long index, long term) {
        if (index != lastIndex + 1 || term < lastTerm()) {
            throw new IllegalStateException("entry " + index + " of term " + term + " cannot follow entry " + lastIndex
                    + " of term " + lastTerm());
        }
        extend(index, term);
        lastIndex = index;
    }

    /** Entries up to {@code index} continue the last run. */
    void extendTo(long index) {
        lastIndex = index;
    }

    private void extend(long index, long term) {
        if (term == lastTerm()) {
            return;
        }
        if (runs == starts.length) {
            starts = Arrays.copyOf(starts, runs * 2);
            terms = Arrays.copyOf(terms, runs * 2);
        }
        starts[runs] = index;
        terms[runs] = term;
        runs++;
    }

    /** Forgets the entries from {@code from} on; the base stays. */
    void truncate(long from) {
        if (from <= starts[0]) {
            throw new IllegalStateException("log begins above " + starts[0] + ", truncation from " + from);
        }
        while (runs > 1 && starts[runs - 1] >= from) {
            runs--;
        }
        lastIndex = Math.min(lastIndex, from - 1);
    }

    /** Makes {@code baseIndex} the base. */
    void trim(long baseIndex) {
        int run = runOf(baseIndex);
        starts[run] = baseIndex;
        System.arraycopy(starts, run, starts, 0, runs - run);
        System.arraycopy(terms, run, terms, 0, runs - run);
        runs -= run;
    }

    /**
     * Where two logs may still agree, going back a term at a time (paper, section 5.3, end).
     *
     * @return the largest index not above {@code index} whose term is not above {@code term}; the base at least
     */
    long lastNotAbove(long index, long term) {
        long bounded = Math.min(index, lastIndex);
        if (bounded <= starts[0]) {
            return starts[0];
        }
        int run = runOf(bounded);
        while (run > 0 && terms[run] > term) {
            bounded = starts[run] - 1;
            run--;
        }
        return terms[run] > term ? starts[0] : bounded;
    }

    private int runOf(long index) {
        if (index >= starts[runs - 1]) {
            return runs - 1;
        }
        int found = Arrays.binarySearch(starts, 0, runs, index);
        return found >= 0 ? found : -found - 2;
    }
}
