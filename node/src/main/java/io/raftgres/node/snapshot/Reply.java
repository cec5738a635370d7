package io.raftgres.node.snapshot;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A source's reply; the payload of a SnapshotResponse. */
sealed interface Reply {

    byte FORMAT = 1;
    byte OPENED = 1;
    byte PIECE = 2;
    byte ENDED = 3;
    byte WAIT = 4;
    byte FAILED = 5;

    int DETAIL_BYTES_MAX = 1_000;
    int HEADER_BYTES = 2;

    /** The snapshot that the source has. */
    record Opened(SnapshotManifest manifest) implements Reply {}

    /** @param bytes at least one, of the chunk's packed ones from {@code offset} on; never changed */
    record Piece(long snapshotId, ChunkHeader chunk, int offset, byte[] bytes) implements Reply {
        public Piece {
            if (offset < 0 || bytes.length == 0 || offset > chunk.packedBytes() - bytes.length) {
                throw new IllegalArgumentException("bytes " + offset + " to " + ((long) offset + bytes.length)
                        + " of a chunk of " + chunk.packedBytes());
            }
        }
    }

    /** The requested chunk does not exist: the snapshot has {@code chunks} chunks. */
    record Ended(long snapshotId, long chunks) implements Reply {
        public Ended {
            if (chunks < 0) {
                throw new IllegalArgumentException(chunks + " chunks");
            }
        }
    }

    /** The chunk will follow when the source has it. */
    record Wait(long snapshotId) implements Reply {}

    /** @param detail a sentence for people */
    record Failed(long snapshotId, Reason reason, String detail) implements Reply {}

    /** The reason of a failure; its position is sent. */
    enum Reason {
        /** The source's state is not at that index yet. */
        BEHIND,
        /** The source is sending another snapshot to other members. */
        BUSY,
        /** The source has no state to send. */
        NOT_SERVING,
        /** The source no longer has that snapshot. */
        GONE,
        /** The source's disk has no space. */
        NO_SPACE,
        /** The source's PostgreSQL is unavailable or damaged. */
        BROKEN
    }

    default byte[] encode() {
        return switch (this) {
            case Opened opened -> {
                byte[] manifest = opened.manifest().encode();
                yield begin(OPENED, manifest.length).put(manifest).array();
            }
            case Piece piece -> {
                ByteBuffer out = begin(PIECE, Long.BYTES + ChunkHeader.BYTES + Integer.BYTES + piece.bytes().length);
                out.putLong(piece.snapshotId());
                piece.chunk().encode(out);
                yield out.putInt(piece.offset()).put(piece.bytes()).array();
            }
            case Ended ended ->
                begin(ENDED, 2 * Long.BYTES)
                        .putLong(ended.snapshotId())
                        .putLong(ended.chunks())
                        .array();
            case Wait wait -> begin(WAIT, Long.BYTES).putLong(wait.snapshotId()).array();
            case Failed failed -> {
                byte[] detail = failed.detail().getBytes(StandardCharsets.UTF_8);
                int length = Math.min(detail.length, DETAIL_BYTES_MAX);
                yield begin(FAILED, Long.BYTES + 1 + length)
                        .putLong(failed.snapshotId())
                        .put((byte) failed.reason().ordinal())
                        .put(detail, 0, length)
                        .array();
            }
        };
    }

    private static ByteBuffer begin(byte type, int bytes) {
        return ByteBuffer.allocate(HEADER_BYTES + bytes).put(FORMAT).put(type);
    }

    /** @throws IllegalArgumentException when the bytes are not a valid reply */
    static Reply decode(byte[] payload) {
        ByteBuffer in = ByteBuffer.wrap(payload);
        try {
            byte format = in.get();
            if (format != FORMAT) {
                throw new IllegalArgumentException("reply about a snapshot in unknown format " + format);
            }
            byte type = in.get();
            Reply reply = switch (type) {
                case OPENED -> new Opened(SnapshotManifest.decode(rest(in)));
                case PIECE -> new Piece(in.getLong(), ChunkHeader.decode(in), in.getInt(), rest(in));
                case ENDED -> new Ended(in.getLong(), in.getLong());
                case WAIT -> new Wait(in.getLong());
                case FAILED -> new Failed(in.getLong(), reason(in.get()), detail(in));
                default -> throw new IllegalArgumentException("reply about a snapshot of unknown type " + type);
            };
            if (in.hasRemaining()) {
                throw new IllegalArgumentException(in.remaining() + " surplus bytes after a snapshot reply");
            }
            return reply;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("reply about a snapshot is truncated", e);
        }
    }

    private static Reason reason(byte ordinal) {
        if (ordinal < 0 || ordinal >= Reason.values().length) {
            throw new IllegalArgumentException("unknown reason " + ordinal);
        }
        return Reason.values()[ordinal];
    }

    private static String detail(ByteBuffer in) {
        if (in.remaining() > DETAIL_BYTES_MAX) {
            throw new IllegalArgumentException("a reason of " + in.remaining() + " bytes");
        }
        return new String(rest(in), StandardCharsets.UTF_8);
    }

    private static byte[] rest(ByteBuffer in) {
        byte[] bytes = new byte[in.remaining()];
        in.get(bytes);
        return bytes;
    }
}
