package io.raftgres.node.peer;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Additional data of a member after the hello, when both sides speak version {@value #VERSION}; the receiver responds a
 * second time. Magic, size of the following fields without the CRC, incarnation, flags, size of the address, address,
 * CRC32C. Fields that a later release appends are ignored.
 *
 * @param incarnation number that identifies its log; 0: unknown
 * @param begun whether it may have made a promise (a vote, an acknowledgement) with that log
 * @param peerAddress {@code host:port} where it can be reached; empty: unknown
 */
public record Introduction(long incarnation, boolean begun, String peerAddress) {

    static final int VERSION = 3;

    /** Introduction of a member whose release sends none. */
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
            // No peer could have dialled such an address.
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

    /** Reads only as long as the bytes are valid. */
    static Introduction read(InputStream stream) throws IOException {
        DataInputStream in = new DataInputStream(stream);
        ByteBuffer bytes = ByteBuffer.allocate(HEAD_BYTES + MAX_BYTES + CRC_BYTES);
        in.readFully(bytes.array(), 0, HEAD_BYTES);
        int magic = bytes.getInt();
        int size = Short.toUnsignedInt(bytes.getShort());
        if (magic != MAGIC || size < FIXED_BYTES || size > MAX_BYTES) {
            throw new ProtocolException("invalid introduction");
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
