package io.raftgres.client;

/**
 * The result of a read of one key.
 *
 * @param revision the store's revision at which the key was read
 * @param row null when there is no such key
 */
public record GetResult(long revision, KeyValue row) {

    public boolean found() {
        return row != null;
    }

    /** @return the value, or null when there is no such key */
    public byte[] value() {
        return row == null ? null : row.value();
    }
}
