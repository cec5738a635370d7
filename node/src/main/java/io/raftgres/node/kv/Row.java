package io.raftgres.node.kv;

import java.util.Arrays;

/**
 * A live key with its value, as in {@code kv}. Revisions are etcd's.
 *
 * @param value any bytes, never changed after construction
 * @param createRevision revision that created the key
 * @param modRevision revision of its last put
 * @param version puts since creation, from 1
 * @param lease lease it is attached to, 0 for none
 */
public record Row(Key key, byte[] value, long createRevision, long modRevision, long version, long lease) {

    /** Approximate bytes of a row in memory besides its key and value. */
    public static final int OVERHEAD_BYTES = 160;

    private static final byte[] NOTHING = {};

    public Row withoutValue() {
        return new Row(key, NOTHING, createRevision, modRevision, version, lease);
    }

    public int sizeBytes() {
        return key.length() + value.length + OVERHEAD_BYTES;
    }

    /** Compares the values' bytes, not their arrays. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Row row
                && key.equals(row.key)
                && Arrays.equals(value, row.value)
                && createRevision == row.createRevision
                && modRevision == row.modRevision
                && version == row.version
                && lease == row.lease;
    }

    @Override
    public int hashCode() {
        return 31 * key.hashCode() + Long.hashCode(modRevision);
    }

    @Override
    public String toString() {
        return key + "@" + modRevision + " (created " + createRevision + ", version " + version + ", " + value.length
                + " bytes)";
    }
}
