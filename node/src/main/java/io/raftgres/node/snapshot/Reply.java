package io.raftgres.node.snapshot;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** What a source replies; the payload of a SnapshotResponse. */
sealed interface Reply {

    byte FORMAT = 1;
    byte OPENED = 1;
    byte PIECE = 2;
    byte ENDED = 3;
    byte WAIT = 4;
    byte FAILED = 5;

    int DETAIL_BYTES_MAX = 1_000;
    int HEADER_BYTES = 2;

    /** The snapshot that there is. */
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

    /** There is no such chunk: there are {@code chunks} in all. */
    record Ended(long snapshotId, long chunks) implements Reply {
        public Ended {
            if (chunks < 0) {
                throw new IllegalArgumentException(chunks + " chunks");
            }
        }
    }

    /** It will come, when the source is ready. */
    record Wait(long snapshotId) implements Reply {}

    /** @param detail a sentence for people */
    record Failed(long snapshotId, Reason reason, String detail) implements Reply {}

    /** The position is what is sent. */
    enum Reason {
        /** The source's state is not at that index yet. */
        BEHIND,
        /** It gives another snapshot to others. */
        BUSY,
        /** It has no state that could be given. */
        NOT_SERVING,
        /** It does not have that snapshot any more. */
        GONE,
        /** No space on its disk. */
        NO_SPACE,
        /** Its PostgreSQL is away or damaged. */
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

    /** @throws IllegalArgumentException when the bytes are not one */
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
                throw new IllegalArgumentException(in.remaining() + " bytes after a reply's end");
            }
            return reply;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("reply about a snapshot is cut short", e);
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
