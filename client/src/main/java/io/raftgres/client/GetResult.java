package io.raftgres.client;

/**
 * What a read of one key saw.
 *
 * @param revision the store's revision at which this was so
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
