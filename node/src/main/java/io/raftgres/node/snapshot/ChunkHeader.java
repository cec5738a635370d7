package io.raftgres.node.snapshot;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.raftgres.node.store.staging.SnapshotPart;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The header of a chunk.
 *
 * @param number from 0, through the whole snapshot
 * @param rows at least 1
 * @param rawBytes of the rows in COPY format
 * @param packedBytes of the zstd frame that is sent
 * @param crc CRC32C of all other fields and of the packed bytes
 */
record ChunkHeader(long number, SnapshotPart part, int rows, int rawBytes, int packedBytes, int crc) {

    /** A row must fit into memory several times anyway. */
    static final int MAX_RAW_BYTES = 256 << 20;

    /** Zstd adds less than this to incompressible data. */
    static final int MAX_PACKED_BYTES = MAX_RAW_BYTES + (MAX_RAW_BYTES >> 7) + 1024;

    static final int BYTES = Long.BYTES + 1 + Long.BYTES + 4 * Integer.BYTES;

    private static final SnapshotPart.Table[] TABLES = SnapshotPart.Table.values();

    ChunkHeader {
        if (number < 0
                || rows < 1
                || rawBytes < 1
                || rawBytes > MAX_RAW_BYTES
                || packedBytes < 1
                || packedBytes > MAX_PACKED_BYTES) {
            throw new IllegalArgumentException("chunk " + number + " with " + rows + " rows in " + rawBytes + " bytes, "
                    + packedBytes + " packed");
        }
    }

    static ChunkHeader of(long number, SnapshotPart part, int rows, int rawBytes, byte[] packed, int packedBytes) {
        ChunkHeader unchecked = new ChunkHeader(number, part, rows, rawBytes, packedBytes, 0);
        return new ChunkHeader(number, part, rows, rawBytes, packedBytes, unchecked.checksum(packed));
    }

    /** @param packed only its first {@link #packedBytes} count */
    boolean fits(byte[] packed) {
        return checksum(packed) == crc;
    }

    /** @return the rows; null when the chunk is damaged */
    byte[] unpack(byte[] packed, ZstdDecompressCtx zstd) {
        if (packed.length != packedBytes
                || !fits(packed)
                || Zstd.getFrameContentSize(packed, 0, packed.length) != rawBytes) {
            return null;
        }
        byte[] rows = new byte[rawBytes];
        try {
            return zstd.decompressByteArray(rows, 0, rows.length, packed, 0, packed.length) == rows.length
                    ? rows
                    : null;
        } catch (ZstdException e) {
            return null;
        }
    }

    private int checksum(byte[] packed) {
        ByteBuffer fields = ByteBuffer.allocate(BYTES);
        encode(fields);
        CRC32C checksum = new CRC32C();
        checksum.update(fields.array(), 0, BYTES - Integer.BYTES);
        checksum.update(packed, 0, packedBytes);
        return (int) checksum.getValue();
    }

    void encode(ByteBuffer out) {
        out.putLong(number)
                .put((byte) part.table().ordinal())
                .putLong(part.partition())
                .putInt(rows)
                .putInt(rawBytes)
                .putInt(packedBytes)
                .putInt(crc);
    }

    /** @throws IllegalArgumentException when the bytes are not a valid header */
    static ChunkHeader decode(ByteBuffer in) {
        long number = in.getLong();
        int table = in.get();
        if (table < 0 || table >= TABLES.length) {
            throw new IllegalArgumentException("chunk of unknown table " + table);
        }
        SnapshotPart part = new SnapshotPart(TABLES[table], in.getLong());
        return new ChunkHeader(number, part, in.getInt(), in.getInt(), in.getInt(), in.getInt());
    }
}
