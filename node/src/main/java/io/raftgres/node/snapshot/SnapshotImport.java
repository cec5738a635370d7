package io.raftgres.node.snapshot;

import com.github.luben.zstd.ZstdDecompressCtx;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.node.store.staging.SnapshotRejectedException;
import io.raftgres.node.store.staging.StagingWriter;
import io.raftgres.raft.Membership;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;

/** Reads a file that {@link SnapshotExport} made. */
public final class SnapshotImport {

    private static final int BUFFER_BYTES = 1 << 20;

    private SnapshotImport() {}

    /**
     * Reads the whole file and changes nothing.
     *
     * @return the manifest of the snapshot
     * @throws IOException with a sentence: why the file is not a snapshot, or is incomplete
     */
    public static SnapshotManifest verify(Path file) throws IOException {
        long size = Files.size(file);
        if (size % SnapshotFormat.BLOCK_BYTES != SnapshotFormat.HASH_BYTES) {
            throw new IOException(
                    file + " is not a complete snapshot: it has " + size + " bytes, and no hash at its end");
        }
        MessageDigest hash = SnapshotFormat.hash();
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            for (long left = size - SnapshotFormat.HASH_BYTES; left > 0; ) {
                int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (read < 0) {
                    throw new EOFException(file + " was truncated while it was read");
                }
                hash.update(buffer, 0, read);
                left -= read;
            }
            if (!Arrays.equals(hash.digest(), in.readNBytes(SnapshotFormat.HASH_BYTES))) {
                throw new IOException(file + " is damaged: its content does not match the hash at its end");
            }
        }
        try (DataInputStream in = open(file)) {
            return manifest(file, in);
        }
    }

    private static DataInputStream open(Path file) throws IOException {
        return new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES));
    }

    private static SnapshotManifest manifest(Path file, DataInputStream in) throws IOException {
        if (!Arrays.equals(SnapshotFormat.MAGIC, in.readNBytes(SnapshotFormat.MAGIC.length))) {
            throw new IOException(file + " is not a snapshot of Raftgres");
        }
        int length = in.readInt();
        if (length < 1 || length > SnapshotFormat.MANIFEST_BYTES_MAX) {
            throw new IOException(file + " is damaged: its manifest has an invalid length of " + length + " bytes");
        }
        try {
            return SnapshotManifest.decode(in.readNBytes(length));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Stages a verified file: {@link StagedSnapshot#install} continues from there.
     *
     * @param membership the new owners of the state, in place of the members in the snapshot
     * @throws IOException with a sentence: why it cannot be staged
     */
    public static void stage(Path file, StoreOptions store, Membership membership) throws IOException {
        try (DataInputStream in = open(file);
                StagingWriter writer = StagingWriter.open(store);
                ZstdDecompressCtx zstd = new ZstdDecompressCtx()) {
            SnapshotManifest manifest = manifest(file, in);
            writer.begin(manifest.encode(), manifest.history());
            long chunks = in.readLong();
            for (long number = 0; number < chunks; number++) {
                ChunkHeader chunk = ChunkHeader.decode(ByteBuffer.wrap(in.readNBytes(ChunkHeader.BYTES)));
                byte[] rows = chunk.unpack(in.readNBytes(chunk.packedBytes()), zstd);
                if (chunk.number() != number || rows == null) {
                    throw new IOException("chunk " + number + " of " + file + " is damaged");
                }
                writer.load(number, chunk.part(), chunk.rows(), rows);
            }
            writer.finish(chunks, manifest.state(), membership);
        } catch (SnapshotRejectedException | IllegalArgumentException | BufferUnderflowException e) {
            throw new IOException(file + " cannot be restored: " + e.getMessage(), e);
        }
    }
}
