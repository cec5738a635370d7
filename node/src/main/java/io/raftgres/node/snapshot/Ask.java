package io.raftgres.node.snapshot;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/** What a receiver asks a source for; the payload of a SnapshotRequest. */
sealed interface Ask {

    byte FORMAT = 1;
    byte OPEN = 1;
    byte PIECE = 2;

    /**
     * Which snapshot is there, with state at or above an index?
     *
     * @param heldId one that the receiver has parts of and would rather go on with; 0: none
     */
    record Open(long minIndex, long heldId) implements Ask {
        public Open {
            if (minIndex < 0) {
                throw new IllegalArgumentException("snapshot of index " + minIndex);
            }
        }
    }

    /** A chunk's bytes from an offset on. */
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

    /** @throws IllegalArgumentException when the bytes are not one */
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
                throw new IllegalArgumentException(in.remaining() + " bytes after a request's end");
            }
            return ask;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("request for a snapshot is cut short", e);
        }
    }
}
