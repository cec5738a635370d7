package io.raftgres.node.peer;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The first bytes on a connection. The dialling node sends a hello: magic, range of protocol versions, cluster, its own
 * member id, the expected member id, name, CRC32C. The accepting node responds: magic, verdict, chosen version, a
 * sentence when refused, CRC32C. From version 3 on, an {@link Introduction} and a second response follow.
 */
final class Handshake {
    private Handshake() {}

    /** Versions of frames and messages that this node speaks. */
    static final int MIN_VERSION = 2;

    static final int MAX_VERSION = 3;

    private static final int HELLO_MAGIC = 0x52475048;
    private static final int RESPONSE_MAGIC = 0x52475041;
    private static final int MAX_NAME_BYTES = 255;
    private static final int MAX_DETAIL_BYTES = 500;
    private static final int CRC_BYTES = 4;
    private static final int HELLO_FIXED_BYTES = 4 + 2 + 2 + 8 + 8 + 8 + 1;
    private static final int RESPONSE_FIXED_BYTES = 4 + 1 + 2 + 2;

    static final int MAX_RESPONSE_BYTES = RESPONSE_FIXED_BYTES + MAX_DETAIL_BYTES + CRC_BYTES;

    enum Verdict {
        ACCEPTED,
        WRONG_CLUSTER,
        WRONG_MEMBER,
        ITSELF,
        VERSION,
        BUSY,
        /** The sender was removed from the cluster: it must not take part any more. */
        REMOVED,
        /** The sender introduced a different log than the one recorded for it. */
        OTHER_LOG
    }

    private static final Verdict[] VERDICTS = Verdict.values();

    /** @param receiver the member that the sender expects to reach */
    record Hello(int minVersion, int maxVersion, long clusterId, long sender, long receiver, String name) {

        static Hello of(PeerIdentity self, long receiver) {
            return new Hello(MIN_VERSION, MAX_VERSION, self.clusterId(), self.memberId(), receiver, self.name());
        }

        byte[] encode() {
            byte[] text = cut(name, MAX_NAME_BYTES);
            ByteBuffer out = ByteBuffer.allocate(HELLO_FIXED_BYTES + text.length + CRC_BYTES);
            out.putInt(HELLO_MAGIC)
                    .putShort((short) minVersion)
                    .putShort((short) maxVersion)
                    .putLong(clusterId)
                    .putLong(sender)
                    .putLong(receiver)
                    .put((byte) text.length)
                    .put(text);
            return out.putInt(checksum(out)).array();
        }

        /** Reads only as long as the bytes are valid. */
        static Hello read(InputStream stream) throws IOException {
            DataInputStream in = new DataInputStream(stream);
            ByteBuffer bytes = ByteBuffer.allocate(HELLO_FIXED_BYTES + MAX_NAME_BYTES + CRC_BYTES);
            in.readFully(bytes.array(), 0, 4);
            if (bytes.get(0) == PeerEncryption.HANDSHAKE_RECORD) {
                throw new ProtocolException("the connecting process speaks TLS, and this node does not: set"
                        + " raftgres.tls.peer-mode to both or required here, or to off there");
            }
            if (bytes.getInt() != HELLO_MAGIC) {
                throw new ProtocolException("the connecting process is not a Raftgres node");
            }
            in.readFully(bytes.array(), 4, HELLO_FIXED_BYTES - 4);
            int minVersion = Short.toUnsignedInt(bytes.getShort());
            int maxVersion = Short.toUnsignedInt(bytes.getShort());
            long clusterId = bytes.getLong();
            long sender = bytes.getLong();
            long receiver = bytes.getLong();
            byte[] text = new byte[Byte.toUnsignedInt(bytes.get())];
            in.readFully(bytes.array(), HELLO_FIXED_BYTES, text.length + CRC_BYTES);
            bytes.get(text);
            int expected = checksum(bytes);
            if (bytes.getInt() != expected) {
                throw new ProtocolException("hello with a wrong checksum");
            }
            return new Hello(minVersion, maxVersion, clusterId, sender, receiver, printable(text));
        }

        /** @return the highest common version, 0 when there is none */
        int commonVersion() {
            int version = Math.min(maxVersion, MAX_VERSION);
            return version >= Math.max(minVersion, MIN_VERSION) ? version : 0;
        }
    }

    /**
     * @param version the chosen version; in the second response {@link Reception#flags}
     * @param detail a sentence for people, empty when accepted
     */
    record Response(Verdict verdict, int version, String detail) {

        byte[] encode() {
            byte[] text = cut(detail, MAX_DETAIL_BYTES);
            ByteBuffer out = ByteBuffer.allocate(RESPONSE_FIXED_BYTES + text.length + CRC_BYTES);
            out.putInt(RESPONSE_MAGIC)
                    .put((byte) verdict.ordinal())
                    .putShort((short) version)
                    .putShort((short) text.length)
                    .put(text);
            return out.putInt(checksum(out)).array();
        }

        /**
         * @param in the bytes received so far, from the start
         * @return null when the response is still incomplete
         */
        static Response decode(ByteBuffer in) throws ProtocolException {
            if (in.remaining() >= 4 && in.getInt(0) != RESPONSE_MAGIC) {
                throw new ProtocolException("the listening process is not a Raftgres node");
            }
            if (in.remaining() < RESPONSE_FIXED_BYTES) {
                return null;
            }
            int code = in.get(4);
            int version = Short.toUnsignedInt(in.getShort(5));
            int length = Short.toUnsignedInt(in.getShort(7));
            if (code < 0 || code >= VERDICTS.length || length > MAX_DETAIL_BYTES) {
                throw new ProtocolException("the response to the hello is invalid");
            }
            int size = RESPONSE_FIXED_BYTES + length + CRC_BYTES;
            if (in.remaining() < size) {
                return null;
            }
            byte[] text = new byte[length];
            in.position(RESPONSE_FIXED_BYTES).get(text);
            if (checksum(in) != in.getInt() || in.hasRemaining()) {
                throw new ProtocolException("the response to the hello has a wrong checksum");
            }
            return new Response(VERDICTS[code], version, printable(text));
        }
    }

    /** @return checksum of all bytes before the position */
    static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.array(), 0, bytes.position());
        return (int) crc.getValue();
    }

    private static byte[] cut(String text, int maxBytes) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= maxBytes ? bytes : Arrays.copyOf(bytes, maxBytes);
    }

    /** Replaces control characters: text of other nodes gets into logs and must not break a line. */
    static String printable(byte[] text) {
        return new String(text, StandardCharsets.UTF_8).replaceAll("\\p{C}", "?");
    }
}
