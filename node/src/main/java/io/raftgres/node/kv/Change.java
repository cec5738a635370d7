package io.raftgres.node.kv;

/**
 * One put or delete of one key: at once what the store writes and what watchers see.
 *
 * @param revision the transaction's revision; changes of one transaction share it
 * @param before the row it replaced or deleted, null when the key did not exist
 * @param after the row it made, null for a delete; before and after are never both null
 */
public record Change(long revision, Row before, Row after) {

    public Change {
        if (before == null && after == null) {
            throw new IllegalArgumentException("a change of nothing");
        }
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
