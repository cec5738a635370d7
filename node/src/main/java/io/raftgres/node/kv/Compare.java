package io.raftgres.node.kv;

/**
 * One condition of a transaction, on one key. A key that does not exist has create revision, mod revision and version 0,
 * no lease, and no value: every comparison of its value fails.
 *
 * @param number the right-hand side for all targets but VALUE; @param value the one for VALUE, null otherwise
 */
public record Compare(Key key, Target target, Relation relation, long number, byte[] value) {

    public enum Target { VERSION, CREATE_REVISION, MOD_REVISION, LEASE, VALUE }

    public enum Relation {
        EQUAL, NOT_EQUAL, LESS, GREATER;

        public boolean holds(int comparison) {
            return switch (this) {
                case EQUAL -> comparison == 0;
                case NOT_EQUAL -> comparison != 0;
                case LESS -> comparison < 0;
                case GREATER -> comparison > 0;
            };
        }
    }

    public static Compare modRevision(Key key, Relation relation, long revision) {
        return new Compare(key, Target.MOD_REVISION, relation, revision, null);
    }
}
