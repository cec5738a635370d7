package io.raftgres.node.snapshot;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/** A receiver's request to a source; the payload of a SnapshotRequest. */
sealed interface Ask {

    byte FORMAT = 1;
    byte OPEN = 1;
    byte PIECE = 2;

    /**
     * Asks for a snapshot with state at or above an index.
     *
     * @param heldId a snapshot that the receiver holds parts of and would rather continue; 0: none
     */
    record Open(long minIndex, long heldId) implements Ask {
        public Open {
            if (minIndex < 0) {
                throw new IllegalArgumentException("snapshot of index " + minIndex);
            }
        }
    }

    /** Asks for a chunk's bytes from an offset on. */
    record Piece(long snapshotId, long chunk, int offset) implements Ask {
        public Piece {
            if (chunk < 0 || offset < 0) {
                throw new IllegalArgumentException("chunk " + chunk + " from byte " + offset);
            }
        }
    }

    default byte[] encode() {
        return switch (this) {
            case Open open ->
                ByteBuffer.allocate(2 + 2 * Long.BYTES)
                        .put(FORMAT)
                        .put(OPEN)
                        .putLong(open.minIndex())
                        .putLong(open.heldId())
                        .array();
            case Piece piece ->
                ByteBuffer.allocate(2 + 2 * Long.BYTES + Integer.BYTES)
                        .put(FORMAT)
                        .put(PIECE)
                        .putLong(piece.snapshotId())
                        .putLong(piece.chunk())
                        .putInt(piece.offset())
                        .array();
        };
    }

    /** @throws IllegalArgumentException when the bytes are not a valid request */
    static Ask decode(byte[] payload) {
        ByteBuffer in = ByteBuffer.wrap(payload);
        try {
            byte format = in.get();
            if (format != FORMAT) {
                throw new IllegalArgumentException("request for a snapshot in unknown format " + format);
            }
            byte type = in.get();
            Ask ask = switch (type) {
                case OPEN -> new Open(in.getLong(), in.getLong());
                case PIECE -> new Piece(in.getLong(), in.getLong(), in.getInt());
                default -> throw new IllegalArgumentException("request for a snapshot of unknown type " + type);
            };
            if (in.hasRemaining()) {
                throw new IllegalArgumentException(in.remaining() + " surplus bytes after a snapshot request");
            }
            return ask;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("request for a snapshot is truncated", e);
        }
    }
}
