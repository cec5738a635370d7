package io.raftgres.operator.model;

import java.util.Comparator;

/**
 * The end of a member's Raft log, ordered as Raft's election rule orders logs: a higher last term is further ahead;
 * with equal terms, a higher last index is.
 *
 * @param term of the last entry
 * @param index of the last entry
 */
public record LogEnd(long term, long index) implements Comparable<LogEnd> {

    private static final Comparator<LogEnd> ORDER =
            Comparator.comparingLong(LogEnd::term).thenComparingLong(LogEnd::index);

    @Override
    public int compareTo(LogEnd other) {
        return ORDER.compare(this, other);
    }
}
