package io.raftgres.node.log;

import io.raftgres.raft.Entry;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The header before the payload of a record. Records begin at multiples of 8 bytes and are padded with zeros.
 *
 * <p>40 bytes, big endian: CRC32C of the rest of the header (4), payload length (4), CRC32C of payload and padding (4),
 * type (1), kind (1), zeros (2), index (8), term (8), synced (8). The header has its own checksum, so that it can be
 * distinguished from random bytes without its payload: recovery looks for headers at every multiple of 8.
 *
 * @param type what the record is: an entry, a hard state, or the end of a closed log
 * @param kind the entry's kind; null for other types
 * @param index of the entry; the vote in a HARD_STATE; 0 in a CLOSED
 * @param term of the entry or the hard state; 0 in a CLOSED
 * @param synced the segment was durable up to this offset when the record was written
 * @param payloadLength bytes of the entry's data
 * @param payloadCrc of data and padding
 */
record RecordHeader(Type type, Entry.Kind kind, long index, long term, long synced, int payloadLength, int payloadCrc) {

    static final int BYTES = 40;
    static final int ALIGNMENT = 8;

    private static final byte[] ZEROS = new byte[ALIGNMENT];
    private static final int LENGTH_AT = 4;
    private static final int TYPE_AT = 12;

    enum Type {
        ENTRY,
        HARD_STATE,
        CLOSED
    }

    static long sizeOnDisk(int payloadLength) {
        return BYTES + payloadLength + padding(payloadLength);
    }

    static int padding(int payloadLength) {
        return -payloadLength & (ALIGNMENT - 1);
    }

    long sizeOnDisk() {
        return sizeOnDisk(payloadLength);
    }

    /**
     * Computes the checksums of one segment. A header's checksum begins with the log's salt, the segment's number and
     * the record's offset. For records at the same offset of a recycled file these differ only in the number. CRCs of
     * equal length that differ in at most 32 adjacent bits are never equal, so no stale record passes for a new one.
     * One thread at a time.
     */
    static final class Codec {
        private final CRC32C crc = new CRC32C();
        private final ByteBuffer seed = ByteBuffer.allocate(3 * Long.BYTES);

        Codec(long salt, long number) {
            seed.putLong(0, salt).putLong(8, number);
        }

        void encode(RecordHeader header, long offset, ByteBuffer out) {
            out.clear();
            out.putInt(0).putInt(header.payloadLength).putInt(header.payloadCrc);
            out.put(code(header.type)).put(code(header.kind)).putShort((short) 0);
            out.putLong(header.index).putLong(header.term).putLong(header.synced);
            out.putInt(0, headerCrc(out.array(), 0, offset));
            out.flip();
        }

        /**
         * @param bytes with an array, holding {@link #BYTES} bytes at {@code at}
         * @return null when there is no header of this segment and offset
         */
        RecordHeader decode(ByteBuffer bytes, int at, long offset) {
            Type type = type(bytes.get(at + TYPE_AT));
            if (type == null || bytes.getInt(at + LENGTH_AT) < 0) {
                return null;
            }
            if (bytes.getInt(at) != headerCrc(bytes.array(), bytes.arrayOffset() + at, offset)) {
                return null;
            }
            return new RecordHeader(
                    type,
                    kind(bytes.get(at + TYPE_AT + 1)),
                    bytes.getLong(at + 16),
                    bytes.getLong(at + 24),
                    bytes.getLong(at + 32),
                    bytes.getInt(at + LENGTH_AT),
                    bytes.getInt(at + 8));
        }

        int payloadCrc(byte[] data) {
            crc.reset();
            crc.update(data, 0, data.length);
            crc.update(ZEROS, 0, padding(data.length));
            return (int) crc.getValue();
        }

        private int headerCrc(byte[] array, int at, long offset) {
            seed.putLong(16, offset);
            crc.reset();
            crc.update(seed.array(), 0, seed.capacity());
            crc.update(array, at + LENGTH_AT, BYTES - LENGTH_AT);
            return (int) crc.getValue();
        }
    }

    private static byte code(Type type) {
        return switch (type) {
            case ENTRY -> 1;
            case HARD_STATE -> 2;
            case CLOSED -> 3;
        };
    }

    private static Type type(byte code) {
        return switch (code) {
            case 1 -> Type.ENTRY;
            case 2 -> Type.HARD_STATE;
            case 3 -> Type.CLOSED;
            default -> null;
        };
    }

    private static byte code(Entry.Kind kind) {
        return switch (kind) {
            case null -> 0;
            case NOOP -> 1;
            case COMMAND -> 2;
            case MEMBERSHIP -> 3;
        };
    }

    private static Entry.Kind kind(byte code) {
        return switch (code) {
            case 1 -> Entry.Kind.NOOP;
            case 2 -> Entry.Kind.COMMAND;
            case 3 -> Entry.Kind.MEMBERSHIP;
            default -> null;
        };
    }
}
