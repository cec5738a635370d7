package io.raftgres.node.log;

import io.raftgres.raft.Entry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Writes records at the end of the newest segment. Owned by the thread that appends. */
final class SegmentAppender implements Closeable {

    private static final byte[] NOTHING = {};

    private final Disk.OpenFile file;
    private final RecordHeader.Codec codec;
    private final long capacity;
    private final ByteBuffer buffer;
    private final ByteBuffer header = ByteBuffer.allocate(RecordHeader.BYTES);
    private long written;
    private long synced;

    /**
     * @param file of the segment, closed with this
     * @param end where its records end; all before is durable
     * @param buffer empty; collects records until {@link #force}
     */
    SegmentAppender(Disk.OpenFile file, SegmentHeader segment, long end, ByteBuffer buffer) {
        this.file = file;
        this.codec = new RecordHeader.Codec(segment.salt(), segment.number());
        this.capacity = segment.capacity();
        this.buffer = buffer.clear();
        this.written = end;
        this.synced = end;
    }

    /** @return where the next record will begin */
    long position() {
        return written + buffer.position();
    }

    /** @return whether a record of this size fits, with room left for the record that closes the log */
    boolean fits(long bytes) {
        return position() + bytes + RecordHeader.BYTES <= capacity;
    }

    /** @return the record's position */
    long put(Entry entry) throws IOException {
        return put(RecordHeader.Type.ENTRY, entry.kind(), entry.index(), entry.term(), entry.data());
    }

    void putHardState(long term, long votedFor) throws IOException {
        put(RecordHeader.Type.HARD_STATE, null, votedFor, term, NOTHING);
    }

    void putClosed() throws IOException {
        put(RecordHeader.Type.CLOSED, null, 0, 0, NOTHING);
    }

    private long put(RecordHeader.Type type, Entry.Kind kind, long index, long term, byte[] payload)
            throws IOException {
        long position = position();
        if (position + RecordHeader.sizeOnDisk(payload.length) > capacity) {
            throw new IllegalStateException(
                    "record of " + payload.length + " bytes at " + position + " does not fit a segment of " + capacity);
        }
        codec.encode(
                new RecordHeader(type, kind, index, term, synced, payload.length, codec.payloadCrc(payload)),
                position,
                header);
        collect(header.array(), RecordHeader.BYTES);
        collect(payload, payload.length);
        collect(new byte[RecordHeader.padding(payload.length)], RecordHeader.padding(payload.length));
        return position;
    }

    private void collect(byte[] bytes, int length) throws IOException {
        int done = 0;
        while (done < length) {
            if (!buffer.hasRemaining()) {
                flush();
            }
            int piece = Math.min(length - done, buffer.remaining());
            buffer.put(bytes, done, piece);
            done += piece;
        }
    }

    /** Writes the buffer to the operating system. */
    void flush() throws IOException {
        int bytes = buffer.position();
        if (bytes > 0) {
            file.write(buffer.flip(), written);
            written += bytes;
            buffer.clear();
        }
    }

    /** When this returns, all records are durable. Call {@link #flush} before. */
    void force() throws IOException {
        if (synced < written) {
            file.force(false);
            synced = written;
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
