package io.raftgres.raft;

import java.util.Arrays;

/**
 * The term of every entry in the log, run-length coded: terms only grow along a log, so each leader takes one run. It
 * needs no entry in memory.
 */
final class TermIndex {

    /** Result for an index outside of the log. */
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

    /** Extends the last run up to {@code index}. */
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

    /** Removes the entries from {@code from} on; the base stays. */
    void truncate(long from) {
        if (from <= starts[0]) {
            throw new IllegalStateException("cannot truncate from " + from + ": the log begins above " + starts[0]);
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
     * Finds the last index where two logs may still agree, going back a term at a time (paper, section 5.3, end).
     *
     * @return the largest index at most {@code index} whose term is at most {@code term}; at least the base
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
