package io.raftgres.node.peer;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * What a member says of itself after the greeting, when both sides speak version {@value #VERSION}; the receiver
 * answers a second time. Magic, size of what follows but the CRC, incarnation, flags, size of the address, address,
 * CRC32C. What a later release appends is passed over.
 *
 * @param incarnation number of its log, the same for as long as that lives; 0: not told
 * @param begun whether it may have promised something (a vote, an acknowledgement) with that log
 * @param peerAddress {@code host:port} where it can be reached; empty: not told
 */
public record Introduction(long incarnation, boolean begun, String peerAddress) {

    static final int VERSION = 3;

    /** Of a member of a release that told nothing. */
    static final Introduction NONE = new Introduction(0, true, "");

    private static final int MAGIC = 0x52475049;
    private static final int BEGUN = 1;
    private static final int MAX_ADDRESS_BYTES = 260;
    private static final int HEAD_BYTES = 4 + 2;
    private static final int FIXED_BYTES = 8 + 1 + 2;
    private static final int MAX_BYTES = 4096;
    private static final int CRC_BYTES = 4;

    public Introduction {
        Objects.requireNonNull(peerAddress);
    }

    byte[] encode() {
        byte[] address = peerAddress.getBytes(StandardCharsets.UTF_8);
        if (address.length > MAX_ADDRESS_BYTES) {
            // Nobody could have dialled it.
            address = new byte[0];
        }
        ByteBuffer out = ByteBuffer.allocate(HEAD_BYTES + FIXED_BYTES + address.length + CRC_BYTES);
        out.putInt(MAGIC)
                .putShort((short) (FIXED_BYTES + address.length))
                .putLong(incarnation)
                .put((byte) (begun ? BEGUN : 0))
                .putShort((short) address.length)
                .put(address);
        return out.putInt(Handshake.checksum(out)).array();
    }

    /** Reads as far as the bytes make sense, and no further. */
    static Introduction read(InputStream stream) throws IOException {
        DataInputStream in = new DataInputStream(stream);
        ByteBuffer bytes = ByteBuffer.allocate(HEAD_BYTES + MAX_BYTES + CRC_BYTES);
        in.readFully(bytes.array(), 0, HEAD_BYTES);
        int magic = bytes.getInt();
        int size = Short.toUnsignedInt(bytes.getShort());
        if (magic != MAGIC || size < FIXED_BYTES || size > MAX_BYTES) {
            throw new ProtocolException("introduction that makes no sense");
        }
        in.readFully(bytes.array(), HEAD_BYTES, size + CRC_BYTES);
        long incarnation = bytes.getLong();
        int flags = bytes.get();
        int length = Short.toUnsignedInt(bytes.getShort());
        if (length > size - FIXED_BYTES || length > MAX_ADDRESS_BYTES) {
            throw new ProtocolException("introduction with an address of " + length + " bytes");
        }
        byte[] address = new byte[length];
        bytes.get(address).position(HEAD_BYTES + size);
        int expected = Handshake.checksum(bytes);
        if (bytes.getInt() != expected) {
            throw new ProtocolException("introduction with a wrong checksum");
        }
        return new Introduction(incarnation, (flags & BEGUN) != 0, Handshake.printable(address));
    }
}
