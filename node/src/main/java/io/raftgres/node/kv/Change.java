package io.raftgres.node.kv;

/**
 * One put or delete of one key, for the store and for watches.
 *
 * @param revision the transaction's revision; changes of one transaction share it
 * @param before the row that it replaced or deleted, null when the key did not exist
 * @param after the row that it made, null for a delete; before and after are never both null
 * @param leftBytes size of {@code before}'s value when it stayed in PostgreSQL and is empty here; 0: the value is here
 */
public record Change(long revision, Row before, Row after, int leftBytes) {

    public Change {
        if (before == null && after == null) {
            throw new IllegalArgumentException("a change needs a row before or after it");
        }
        if (leftBytes != 0 && before == null) {
            throw new IllegalArgumentException("a change without a row before it cannot leave a value in PostgreSQL");
        }
    }

    public Change(long revision, Row before, Row after) {
        this(revision, before, after, 0);
    }

    static Change delete(long revision, Outline row) {
        return new Change(revision, row.row(), null, row.leftBytes());
    }

    /** @return whether the value of {@code before} is not here: PostgreSQL has it, in kv and then in the history */
    public boolean leftValue() {
        return leftBytes != 0;
    }

    public Key key() {
        return after != null ? after.key() : before.key();
    }

    public boolean isDelete() {
        return after == null;
    }

    /** @return approximate bytes of both rows in memory */
    public long sizeBytes() {
        return (before == null ? 0 : before.sizeBytes()) + (after == null ? 0 : after.sizeBytes());
    }
}
