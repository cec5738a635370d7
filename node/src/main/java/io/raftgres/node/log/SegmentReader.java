package io.raftgres.node.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/** Reads records of one segment through a window of bounded size. One thread at a time. */
final class SegmentReader implements Closeable {

    private final Path path;
    private final Disk.OpenFile file;
    private final RecordHeader.Codec codec;
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer window;
    private final long limit;
    private long windowStart;

    /** Opens the segment's file with its own channel: an interrupt of the reading thread closes only this one. */
    SegmentReader(Disk disk, Segment segment, int windowBytes) throws IOException {
        SegmentHeader header = segment.header();
        path = segment.path();
        file = disk.openToRead(path);
        codec = new RecordHeader.Codec(header.salt(), header.number());
        window = ByteBuffer.allocate(Math.max(windowBytes, RecordHeader.BYTES)).limit(0);
        limit = Math.min(file.size(), header.capacity());
    }

    /** @return where reading ends: the segment's capacity, or the end of a truncated file */
    long limit() {
        return limit;
    }

    /** @return the header of the record at {@code offset}, null when there is none */
    RecordHeader header(long offset) throws IOException {
        if (offset + RecordHeader.BYTES > limit || !cover(offset, RecordHeader.BYTES)) {
            return null;
        }
        return codec.decode(window, (int) (offset - windowStart), offset);
    }

    /** @return whether the payload of the record at {@code offset} matches its header */
    boolean payloadIntact(long offset, RecordHeader header) throws IOException {
        crc.reset();
        long at = offset + RecordHeader.BYTES;
        long end = offset + header.sizeOnDisk();
        if (end > limit) {
            return false;
        }
        while (at < end) {
            int piece = (int) Math.min(end - at, window.capacity());
            if (!cover(at, piece)) {
                return false;
            }
            crc.update(window.array(), (int) (at - windowStart), piece);
            at += piece;
        }
        return (int) crc.getValue() == header.payloadCrc();
    }

    /** @return the payload of the record at {@code offset}, null when it does not match its header */
    byte[] payload(long offset, RecordHeader header) throws IOException {
        if (offset + header.sizeOnDisk() > limit) {
            return null;
        }
        byte[] payload = new byte[header.payloadLength()];
        int done = 0;
        while (done < payload.length) {
            long at = offset + RecordHeader.BYTES + done;
            int piece = Math.min(payload.length - done, window.capacity());
            if (!cover(at, piece)) {
                return null;
            }
            window.get((int) (at - windowStart), payload, done, piece);
            done += piece;
        }
        return codec.payloadCrc(payload) == header.payloadCrc() ? payload : null;
    }

    /** @return whether the window now holds these bytes */
    private boolean cover(long offset, int length) throws IOException {
        if (offset >= windowStart && offset + length <= windowStart + window.limit()) {
            return true;
        }
        window.clear().limit((int) Math.min(window.capacity(), limit - offset));
        windowStart = offset;
        try {
            while (window.hasRemaining() && file.read(window, windowStart + window.position()) >= 0) {
                continue;
            }
        } catch (ClosedChannelException e) {
            // The reading thread was interrupted.
            throw e;
        } catch (IOException e) {
            throw LogDamagedException.unreadable(path, windowStart + window.position(), e);
        }
        window.flip();
        return window.limit() >= length;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
