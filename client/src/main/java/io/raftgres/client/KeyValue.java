package io.raftgres.client;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A key and its value, at the revision that was read.
 *
 * @param value empty when only keys were requested
 * @param createRevision revision that created the key
 * @param modRevision revision of its last put
 * @param version puts since its creation, from 1
 */
public record KeyValue(byte[] key, byte[] value, long createRevision, long modRevision, long version) {

    public String keyText() {
        return new String(key, StandardCharsets.UTF_8);
    }

    public String valueText() {
        return new String(value, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyValue that
                && Arrays.equals(key, that.key)
                && Arrays.equals(value, that.value)
                && createRevision == that.createRevision
                && modRevision == that.modRevision
                && version == that.version;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(key) * 31 + Long.hashCode(modRevision);
    }

    @Override
    public String toString() {
        return keyText() + "@" + modRevision + " (" + value.length + " bytes)";
    }
}
