package io.raftgres.node.peer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Reads packets from a stream, many small ones with one read. It allocates memory only for bytes that have arrived,
 * never for an announced length. Not thread-safe.
 */
final class PacketReader implements AutoCloseable {
    private static final int BUFFER_BYTES = 2 * (WireSegment.HEADER_BYTES + WireSegment.MAX_PAYLOAD_BYTES);
    private static final int KEPT_BYTES = 1 << 20;

    private final InputStream in;
    private final int maxFrameBytes;
    private final Compressor compressor = new Compressor();
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).limit(0);
    private byte[] assembly = {};
    private int assembled;
    private boolean assembling;
    private byte assemblyType;
    private boolean assemblyCompressed;
    private long bytes;

    PacketReader(InputStream in, int maxFrameBytes) {
        this.in = in;
        this.maxFrameBytes = maxFrameBytes;
    }

    /**
     * Waits for the next packet.
     *
     * @return null at the end of the stream
     * @throws ProtocolException when the bytes are invalid
     */
    Packet next() throws IOException {
        while (true) {
            if (!fetch(WireSegment.HEADER_BYTES)) {
                return null;
            }
            int start = buffer.position();
            int length = buffer.getInt(start + 4);
            byte type = buffer.get(start + 8);
            int flags = buffer.get(start + 9);
            if (length < 0 || length > WireSegment.MAX_PAYLOAD_BYTES || (flags & ~WireSegment.ALL_FLAGS) != 0) {
                throw new ProtocolException("segment of " + Integer.toUnsignedLong(length) + " bytes with type " + type
                        + " and flags " + flags);
            }
            fetch(WireSegment.HEADER_BYTES + length);
            start = buffer.position();
            if (WireSegment.checksum(buffer, start, length) != buffer.getInt(start)) {
                throw new ProtocolException("segment of type " + type + " with a wrong checksum");
            }
            ByteBuffer payload = buffer.slice(start + WireSegment.HEADER_BYTES, length);
            buffer.position(start + WireSegment.HEADER_BYTES + length);
            Packet packet = accept(type, flags, payload);
            if (packet != null) {
                return packet;
            }
        }
    }

    /** @return null when the segment is not the last of its packet */
    private Packet accept(byte type, int flags, ByteBuffer payload) throws ProtocolException {
        boolean last = (flags & WireSegment.LAST) != 0;
        boolean compressed = (flags & WireSegment.COMPRESSED) != 0;
        if (compressed && type != PacketCodec.RAFT) {
            throw new ProtocolException("frame of type " + type + " is compressed");
        }
        if ((flags & WireSegment.FRAGMENT) == 0) {
            if (last) {
                throw new ProtocolException("last segment without a first segment");
            }
            return decode(type, compressed, payload);
        }
        assemble(type, compressed, payload);
        if (!last) {
            return null;
        }
        assembling = false;
        Packet packet = decode(type, compressed, ByteBuffer.wrap(assembly, 0, assembled));
        if (assembly.length > KEPT_BYTES) {
            assembly = new byte[0];
        }
        return packet;
    }

    private void assemble(byte type, boolean compressed, ByteBuffer payload) throws ProtocolException {
        if (!assembling) {
            assembling = true;
            assembled = 0;
            assemblyType = type;
            assemblyCompressed = compressed;
        }
        if (type != assemblyType || compressed != assemblyCompressed || !payload.hasRemaining()) {
            throw new ProtocolException("fragment does not belong to the packet in progress");
        }
        int length = payload.remaining();
        if (length > maxFrameBytes - assembled) {
            throw new ProtocolException("frame exceeds the limit of " + maxFrameBytes + " bytes");
        }
        if (assembled + length > assembly.length) {
            assembly = Arrays.copyOf(assembly, Math.clamp(2L * assembly.length, assembled + length, maxFrameBytes));
        }
        payload.get(assembly, assembled, length);
        assembled += length;
    }

    private Packet decode(byte type, boolean compressed, ByteBuffer payload) throws ProtocolException {
        return PacketCodec.decode(type, compressed ? compressor.inflate(payload, maxFrameBytes) : payload);
    }

    /** Reads until {@code wanted} bytes are buffered. @return false at an end of the stream between two segments */
    private boolean fetch(int wanted) throws IOException {
        if (buffer.remaining() >= wanted) {
            return true;
        }
        if (!buffer.hasRemaining()) {
            buffer.clear().limit(0);
        } else if (buffer.position() + wanted > buffer.capacity()) {
            buffer.compact().flip();
        }
        while (buffer.remaining() < wanted) {
            int end = buffer.limit();
            int got = in.read(buffer.array(), end, buffer.capacity() - end);
            if (got < 0) {
                if (buffer.hasRemaining() || assembling) {
                    throw new EOFException("connection ended within a frame");
                }
                return false;
            }
            buffer.limit(end + got);
            bytes += got;
        }
        return true;
    }

    /** @return bytes read so far */
    long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        compressor.close();
    }
}
