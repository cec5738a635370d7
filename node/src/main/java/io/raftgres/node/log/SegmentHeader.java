package io.raftgres.node.log;

import io.raftgres.raft.HardState;
import io.raftgres.raft.Membership;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.zip.CRC32C;

/**
 * The start of a segment file. It contains all data that a log needs to begin here, so any segment can be the oldest.
 *
 * <p>Big endian: magic (8 bytes), format (4), CRC32C of all but itself (4), size of this header (4), size of the
 * membership (4), then the fields below in order, 8 bytes each, and the encoded membership; zeros up to a multiple of
 * {@link #BLOCK_BYTES}, so that no later write touches the header's blocks.
 *
 * @param identity the owner of the log
 * @param salt random, the same in all segments of a log: without it, bytes that pass for a record cannot be made
 * @param number position of the segment in the log, counted from 1 and never used twice
 * @param capacity size of the file in bytes
 * @param firstIndex no entry in the segment is below it; it replaces the entries from this index on in earlier segments
 * @param previousTerm term of the entry just below {@code firstIndex}
 * @param previousEnd where the records of the previous segment end; all of it was synced before this segment was made.
 *     0: the log begins here, and all earlier segments are obsolete
 * @param hardState in force when the segment began
 * @param membership in force just below {@code firstIndex}
 */
record SegmentHeader(
        LogIdentity identity,
        long salt,
        long number,
        long capacity,
        long firstIndex,
        long previousTerm,
        long previousEnd,
        HardState hardState,
        Membership membership) {

    static final int BLOCK_BYTES = 4096;

    private static final long MAGIC = 0x5246544752534c47L;
    private static final int FORMAT = 1;
    private static final int CRC_AT = 12;
    private static final int FIXED_BYTES = 24 + 10 * Long.BYTES;

    /** A generous bound: a membership is a few KiB. It stops a damaged size from requesting gigabytes. */
    private static final int MAX_BYTES = 16 << 20;

    /** The reason why bytes are not a header of a log. */
    static final class NotAHeader extends Exception {
        private static final long serialVersionUID = 1L;

        NotAHeader(String found) {
            super(found);
        }
    }

    /** @return size on disk of a header with this membership, a multiple of {@link #BLOCK_BYTES} */
    static int sizeOnDisk(byte[] membership) {
        return Math.ceilDiv(FIXED_BYTES + membership.length, BLOCK_BYTES) * BLOCK_BYTES;
    }

    int sizeOnDisk() {
        return sizeOnDisk(membership.encode());
    }

    boolean beginsLog() {
        return previousEnd == 0;
    }

    /**
     * Distinguishes this log from any other of the same identity. The salt itself must stay secret: it allows to make
     * bytes that pass for a record.
     *
     * @return a hash of the salt; never 0
     */
    long incarnation() {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(ByteBuffer.allocate(Long.BYTES).putLong(salt).array());
            long number = ByteBuffer.wrap(hash).getLong();
            return number == 0 ? 1 : number;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK lacks SHA-256", e);
        }
    }

    ByteBuffer encode() {
        byte[] members = membership.encode();
        int size = sizeOnDisk(members);
        ByteBuffer out = ByteBuffer.allocate(size);
        out.putLong(MAGIC).putInt(FORMAT).putInt(0).putInt(size).putInt(members.length);
        out.putLong(identity.clusterId()).putLong(identity.memberId());
        out.putLong(salt).putLong(number).putLong(capacity);
        out.putLong(firstIndex).putLong(previousTerm).putLong(previousEnd);
        out.putLong(hardState.term()).putLong(hardState.votedFor());
        out.put(members);
        out.putInt(CRC_AT, crc(out.array()));
        return out.clear();
    }

    /** @param path for messages; @throws LogDamagedException when the file does not begin with an intact header */
    static SegmentHeader read(Disk disk, Path path) throws IOException {
        try (Disk.OpenFile file = disk.openToRead(path)) {
            ByteBuffer first = readFully(path, file, BLOCK_BYTES);
            int size = first.limit() < BLOCK_BYTES ? 0 : first.getInt(16);
            boolean large = size > BLOCK_BYTES && size <= MAX_BYTES;
            return decode(large ? readFully(path, file, size) : first);
        } catch (NotAHeader e) {
            throw new LogDamagedException(path, 0, e.getMessage());
        }
    }

    private static ByteBuffer readFully(Path path, Disk.OpenFile file, int size) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(size);
        try {
            while (bytes.hasRemaining() && file.read(bytes, bytes.position()) >= 0) {
                continue;
            }
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            throw LogDamagedException.unreadable(path, bytes.position(), e);
        }
        return bytes.flip();
    }

    static SegmentHeader decode(ByteBuffer in) throws NotAHeader {
        if (in.remaining() < BLOCK_BYTES) {
            throw new NotAHeader("the file ends after " + in.remaining() + " bytes, inside the segment header");
        }
        long magic = in.getLong();
        if (magic != MAGIC) {
            throw new NotAHeader("no segment header, found " + Long.toHexString(magic));
        }
        int format = in.getInt();
        if (format != FORMAT) {
            throw new NotAHeader(
                    "segment header of format " + format + ", but this version only reads format " + FORMAT);
        }
        int crc = in.getInt();
        int size = in.getInt();
        int members = in.getInt();
        if (size != in.limit() || members < 0 || members > size - FIXED_BYTES || crc != crc(in.array())) {
            throw new NotAHeader("segment header with a wrong checksum");
        }
        LogIdentity identity = new LogIdentity(in.getLong(), in.getLong());
        long salt = in.getLong();
        long number = in.getLong();
        long capacity = in.getLong();
        long firstIndex = in.getLong();
        long previousTerm = in.getLong();
        long previousEnd = in.getLong();
        HardState hardState = new HardState(in.getLong(), in.getLong());
        byte[] membership = new byte[members];
        in.get(membership);
        try {
            return new SegmentHeader(
                    identity,
                    salt,
                    number,
                    capacity,
                    firstIndex,
                    previousTerm,
                    previousEnd,
                    hardState,
                    Membership.decode(membership));
        } catch (IllegalArgumentException e) {
            throw new NotAHeader("a segment header with an invalid membership: " + e.getMessage());
        }
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, CRC_AT);
        crc.update(bytes, CRC_AT + Integer.BYTES, bytes.length - CRC_AT - Integer.BYTES);
        return (int) crc.getValue();
    }
}
