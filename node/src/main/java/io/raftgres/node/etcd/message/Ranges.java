package io.raftgres.node.etcd.message;

import com.google.protobuf.ByteString;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;

/** Converts etcd's ranges. No end: one key. End "\0": all keys from the key on. Key "\0": from the first key. */
public final class Ranges {

    private static final ByteString ZERO = ByteString.copyFrom(new byte[] {0});

    private Ranges() {}

    /** @param key not empty */
    public static KeyRange of(ByteString key, ByteString end) {
        Key from = key(key);
        if (end.isEmpty()) {
            return KeyRange.single(from);
        }
        return new KeyRange(from, end.equals(ZERO) ? null : key(end));
    }

    public static Key key(ByteString bytes) {
        return Key.of(bytes.toByteArray());
    }
}
