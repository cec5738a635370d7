package io.raftgres.e2e;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * Bytes that a stranger may send to the port for peers, made from a seed. The format is that of the product's
 * handshake: magic, versions, cluster, sender, receiver, name, CRC32C; then segments of CRC32C, length, type, flags and
 * payload.
 */
final class HostilePeers {

    /** Oldest version of the handshake, which every build accepts. */
    private static final int VERSION = 2;

    private static final int HELLO_MAGIC = 0x52475048;
    private static final int SEGMENT_HEADER_BYTES = 10;

    private final Random random;
    private final long cluster;
    private final long receiver;
    private final long otherMember;

    /** @param otherMember a member that the receiver knows, other than itself */
    HostilePeers(long seed, long cluster, long receiver, long otherMember) {
        this.random = new Random(seed);
        this.cluster = cluster;
        this.receiver = receiver;
        this.otherMember = otherMember;
    }

    byte[] next() {
        return switch (random.nextInt(9)) {
            case 0 -> noise(1 + random.nextInt(5_000));
            case 1 -> flipped(hello(VERSION, cluster, otherMember, receiver));
            case 2 -> joined(hello(VERSION, cluster + 1, otherMember, receiver), noise(100));
            case 3 -> joined(hello(VERSION, cluster, otherMember, receiver + 1), noise(100));
            case 4 -> joined(hello(7, cluster, 0, receiver), noise(100));
            case 5 -> joined(hello(VERSION, cluster, otherMember, receiver), noise(1 + random.nextInt(5_000)));
            case 6 -> joined(hello(VERSION, cluster, otherMember, receiver), segment(oversize(), random.nextInt()));
            case 7 -> joined(hello(VERSION, cluster, random.nextLong(), receiver), noise(1 + random.nextInt(5_000)));
            // An unknown type, with flags that exist or do not exist.
            default ->
                joined(
                        hello(VERSION, cluster, otherMember, receiver),
                        segment(20, 100 + random.nextInt(100) << 8 | random.nextInt(256)));
        };
    }

    private int oversize() {
        return random.nextBoolean() ? Integer.MAX_VALUE - random.nextInt(100) : -1 - random.nextInt(1 << 20);
    }

    private byte[] noise(int size) {
        byte[] noise = new byte[size];
        random.nextBytes(noise);
        return noise;
    }

    private byte[] flipped(byte[] bytes) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        return bytes;
    }

    private static byte[] joined(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }

    /** @return the valid handshake of a node that claims to be {@code sender} */
    static byte[] hello(long cluster, long sender, long receiver) {
        return hello(VERSION, cluster, sender, receiver);
    }

    private static byte[] hello(int version, long cluster, long sender, long receiver) {
        byte[] name = "stranger".getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(33 + name.length + 4);
        out.putInt(HELLO_MAGIC)
                .putShort((short) version)
                .putShort((short) version)
                .putLong(cluster)
                .putLong(sender)
                .putLong(receiver)
                .put((byte) name.length)
                .put(name);
        CRC32C crc = new CRC32C();
        crc.update(out.array(), 0, out.position());
        return out.putInt((int) crc.getValue()).array();
    }

    /** A segment whose checksum is right for the bytes that are sent. */
    private byte[] segment(int length, int typeAndFlags) {
        byte[] payload = noise(Math.clamp(length, 0, 1_000));
        ByteBuffer out = ByteBuffer.allocate(SEGMENT_HEADER_BYTES + payload.length);
        out.putInt(0).putInt(length).putShort((short) typeAndFlags).put(payload);
        CRC32C crc = new CRC32C();
        crc.update(out.array(), 4, out.position() - 4);
        return out.putInt(0, (int) crc.getValue()).array();
    }
}
