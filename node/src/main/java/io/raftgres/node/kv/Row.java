package io.raftgres.node.kv;

/**
 * A live key, as {@code kv} holds it. Revisions are etcd's.
 *
 * @param value any bytes, never changed after construction
 * @param createRevision revision that created the key
 * @param modRevision revision of its last put
 * @param version puts since creation, from 1
 * @param lease lease it is attached to, 0 for none
 */
public record Row(Key key, byte[] value, long createRevision, long modRevision, long version, long lease) {

    /** Bytes that a row costs in memory besides its key and value, roughly. */
    public static final int OVERHEAD_BYTES = 160;

    public int sizeBytes() {
        return key.length() + value.length + OVERHEAD_BYTES;
    }
}
