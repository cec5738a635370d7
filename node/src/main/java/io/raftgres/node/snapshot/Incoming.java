package io.raftgres.node.snapshot;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.ByteArrayOutputStream;

/** A chunk that arrives, piece by piece. Room is made for what has come, never for what was announced. */
final class Incoming {
    private ChunkHeader chunk;
    private ByteArrayOutputStream packed = new ByteArrayOutputStream(0);

    /** When its next piece was asked for; 0: it was not. */
    long askedNanos;

    /** @return where the next piece begins */
    int offset() {
        return packed.size();
    }

    ChunkHeader chunk() {
        return chunk;
    }

    boolean isWhole() {
        return chunk != null && packed.size() == chunk.packedBytes();
    }

    /** @return whether it was the piece that was missing */
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
