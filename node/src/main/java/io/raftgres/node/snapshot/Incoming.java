package io.raftgres.node.snapshot;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.ByteArrayOutputStream;

/**
 * A chunk that arrives piece by piece. Memory is allocated only for bytes that have arrived, never for an announced
 * size.
 */
final class Incoming {
    private ChunkHeader chunk;
    private ByteArrayOutputStream packed = new ByteArrayOutputStream(0);

    /** Time of the request for its next piece; 0: not requested. */
    long askedNanos;

    /** @return offset of the next piece */
    int offset() {
        return packed.size();
    }

    ChunkHeader chunk() {
        return chunk;
    }

    boolean isWhole() {
        return chunk != null && packed.size() == chunk.packedBytes();
    }

    /** @return whether this was the missing piece */
    boolean take(Reply.Piece piece) {
        if (piece.offset() != packed.size() || chunk != null && !chunk.equals(piece.chunk())) {
            return false;
        }
        chunk = piece.chunk();
        packed.write(piece.bytes(), 0, piece.bytes().length);
        return true;
    }

    void forget() {
        chunk = null;
        packed = new ByteArrayOutputStream(0);
        askedNanos = 0;
    }

    /** @return the rows; null when the chunk is damaged */
    byte[] rows(ZstdDecompressCtx zstd) {
        return chunk.unpack(packed.toByteArray(), zstd);
    }
}
