package io.raftgres.node.kv;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Selects and orders the rows that a read of a range returns. The order is ascending by key unless specified otherwise;
 * rows that are equal in the sort target are ordered by key.
 *
 * @param revision 0: current rows; otherwise the rows at that revision
 * @param limit upper bound of rows, up to 2^63-1; 0 and below: no limit
 * @param keysOnly rows have empty values
 * @param countOnly no rows, only their number
 * @param filter on revisions of rows
 */
public record Selection(
        long revision,
        long limit,
        boolean keysOnly,
        boolean countOnly,
        Target target,
        boolean descending,
        Filter filter) {

    public static final Selection ALL = of(0, 0, false);

    /** A revision that no store has: in a transaction it is refused as compacted. */
    public static final long NEVER = Long.MAX_VALUE;

    public enum Target {
        KEY,
        VERSION,
        CREATE_REVISION,
        MOD_REVISION,
        VALUE
    }

    /** Bounds of the rows' revisions, both inclusive. 0: none; so a bound is never negative. */
    public record Filter(long minMod, long maxMod, long minCreate, long maxCreate) {
        public static final Filter NONE = new Filter(0, 0, 0, 0);

        public boolean isNone() {
            return equals(NONE);
        }

        boolean takes(Row row) {
            return (maxMod == 0 || row.modRevision() <= maxMod)
                    && (minMod == 0 || row.modRevision() >= minMod)
                    && (maxCreate == 0 || row.createRevision() <= maxCreate)
                    && (minCreate == 0 || row.createRevision() >= minCreate);
        }
    }

    public static Selection of(long limit, long revision, boolean keysOnly) {
        return new Selection(revision, limit, keysOnly, false, Target.KEY, false, Filter.NONE);
    }

    /** @return whether the result has all rows in the store's own order */
    public boolean isPlain() {
        return target == Target.KEY && !descending && filter.isNone();
    }

    public Selection withRevision(long other) {
        return new Selection(other, limit, keysOnly, countOnly, target, descending, filter);
    }

    public Selection withLimit(long other) {
        return new Selection(revision, other, keysOnly, countOnly, target, descending, filter);
    }

    /**
     * @param rows all rows of the range, in the order of keys
     * @return the selected ones; {@code count} is of all rows, without limit and filter
     */
    public Op.Result.Get of(List<Row> rows) {
        if (countOnly) {
            return new Op.Result.Get(List.of(), false, rows.size());
        }
        Stream<Row> selected = rows.stream();
        if (!isPlain()) {
            selected = selected.filter(filter::takes).sorted(descending ? order().reversed() : order());
        }
        List<Row> found = selected.toList();
        boolean more = limit > 0 && found.size() > limit;
        List<Row> answered = more ? found.subList(0, (int) limit) : found;
        return new Op.Result.Get(
                keysOnly ? answered.stream().map(Row::withoutValue).toList() : answered, more, rows.size());
    }

    private Comparator<Row> order() {
        return switch (target) {
            case KEY -> Comparator.comparing(Row::key);
            case VERSION -> Comparator.comparingLong(Row::version);
            case CREATE_REVISION -> Comparator.comparingLong(Row::createRevision);
            case MOD_REVISION -> Comparator.comparingLong(Row::modRevision);
            case VALUE -> (one, other) -> Arrays.compareUnsigned(one.value(), other.value());
        };
    }
}
