package io.raftgres.node.snapshot;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The format of a snapshot file: {@link #MAGIC}; the manifest's length (4 bytes) and the manifest; the number of chunks
 * (8 bytes); for each chunk its header and its bytes; zeros up to a multiple of {@link #BLOCK_BYTES}; SHA-256 of all
 * preceding bytes. Its length is thus the one that etcd's clients expect of a snapshot that ends with its hash.
 */
final class SnapshotFormat {

    static final byte[] MAGIC = "raftgres".getBytes(StandardCharsets.US_ASCII);
    static final int BLOCK_BYTES = 512;
    static final int HASH_BYTES = 32;
    static final int MANIFEST_BYTES_MAX = 8 << 20;

    private SnapshotFormat() {}

    static MessageDigest hash() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK lacks SHA-256", e);
        }
    }

    /** @return number of zeros up to the end of the block */
    static int padding(long bytes) {
        return (int) Math.floorMod(-bytes, (long) BLOCK_BYTES);
    }
}
