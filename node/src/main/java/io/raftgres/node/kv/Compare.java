package io.raftgres.node.kv;

import java.util.Arrays;

/**
 * One condition of a transaction, on a key or on each key of a range. A missing key has create revision, mod revision
 * and version 0, no lease, and no value: every comparison of its value fails. A range without keys behaves like a
 * single missing key.
 *
 * @param number the right-hand side for all targets but VALUE; @param value the one for VALUE, null otherwise
 */
public record Compare(KeyRange range, Target target, Relation relation, long number, byte[] value) {

    public enum Target {
        VERSION,
        CREATE_REVISION,
        MOD_REVISION,
        LEASE,
        VALUE
    }

    public enum Relation {
        EQUAL,
        NOT_EQUAL,
        LESS,
        GREATER;

        public boolean holds(int comparison) {
            return switch (this) {
                case EQUAL -> comparison == 0;
                case NOT_EQUAL -> comparison != 0;
                case LESS -> comparison < 0;
                case GREATER -> comparison > 0;
            };
        }
    }

    public Compare(Key key, Target target, Relation relation, long number, byte[] value) {
        this(KeyRange.single(key), target, relation, number, value);
    }

    public static Compare modRevision(Key key, Relation relation, long revision) {
        return new Compare(key, Target.MOD_REVISION, relation, revision, null);
    }

    /** @param row null for a missing key */
    public boolean holds(Row row) {
        if (target == Target.VALUE) {
            return row != null && relation.holds(Arrays.compareUnsigned(row.value(), value));
        }
        long left = row == null
                ? 0
                : switch (target) {
                    case VERSION -> row.version();
                    case CREATE_REVISION -> row.createRevision();
                    case MOD_REVISION -> row.modRevision();
                    case LEASE -> row.lease();
                    case VALUE -> throw new IllegalStateException("compared above");
                };
        return relation.holds(Long.compare(left, number));
    }
}
