package io.raftgres.node.peer;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The unit on the wire: CRC32C of all following bytes (4 bytes), length of the payload (4), type (1), flags (1) and the
 * payload. A small packet is one segment. A large packet is several segments with {@link #FRAGMENT}, the last of them
 * also with {@link #LAST}. Fragments of two packets never mix, but whole packets may come between the fragments of one:
 * so a heartbeat passes a bulky append. The bound on a segment also keeps a receiver from allocating memory for a
 * length that was only announced.
 */
final class WireSegment {
    private WireSegment() {}

    static final int HEADER_BYTES = 10;
    static final int MAX_PAYLOAD_BYTES = 64 << 10;

    static final byte FRAGMENT = 1;
    static final byte LAST = 2;

    /** The packet is its length (4 bytes) and a zstd frame. */
    static final byte COMPRESSED = 4;

    static final int ALL_FLAGS = FRAGMENT | LAST | COMPRESSED;

    private static final int CRC_BYTES = 4;

    /** Starts a segment; the payload is put next, then {@link #seal}. @return its start */
    static int begin(ByteBuffer out, int payloadBytes, byte type, int flags) {
        if (payloadBytes > MAX_PAYLOAD_BYTES) {
            throw new IllegalStateException("segment of " + payloadBytes + " bytes");
        }
        int start = out.position();
        out.putInt(0).putInt(payloadBytes).put(type).put((byte) flags);
        return start;
    }

    static void seal(ByteBuffer out, int start) {
        int end = out.position();
        int payloadBytes = out.getInt(start + CRC_BYTES);
        if (end - start - HEADER_BYTES != payloadBytes) {
            throw new IllegalStateException(
                    "segment with " + (end - start - HEADER_BYTES) + " bytes of payload, not " + payloadBytes);
        }
        out.putInt(start, checksum(out, start, payloadBytes));
    }

    /** @return the first four bytes of the segment at {@code start} */
    static int checksum(ByteBuffer buffer, int start, int payloadBytes) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.slice(start + CRC_BYTES, HEADER_BYTES - CRC_BYTES + payloadBytes));
        return (int) crc.getValue();
    }
}
