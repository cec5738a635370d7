package io.raftgres.node.kv;

/**
 * One put or delete of one key: at once what the store writes and what watchers see.
 *
 * @param revision the transaction's revision; changes of one transaction share it
 * @param before the row it replaced or deleted, null when the key did not exist
 * @param after the row it made, null for a delete; before and after are never both null
 * @param leftBytes size of {@code before}'s value when that was left in PostgreSQL, and is empty here; 0: it is as it
 *     was
 */
public record Change(long revision, Row before, Row after, int leftBytes) {

    public Change {
        if (before == null && after == null) {
            throw new IllegalArgumentException("a change of nothing");
        }
        if (leftBytes != 0 && before == null) {
            throw new IllegalArgumentException("a value that is left out of nothing");
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

    /** @return bytes of both rows in memory, roughly */
    public long sizeBytes() {
        return (before == null ? 0 : before.sizeBytes()) + (after == null ? 0 : after.sizeBytes());
    }
}
