package io.raftgres.node.peer;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Encodes packets as segments, and writes the segments with as few calls as possible. Large packets are sent in
 * fragments, with urgent packets between them. Not thread-safe: {@link PeerLink} has a lock for it.
 */
final class PacketWriter implements AutoCloseable {
    /** Two segments: an urgent packet has to wait for the encoded bytes in this buffer. */
    private static final int BUFFER_BYTES = 2 * (WireSegment.HEADER_BYTES + WireSegment.MAX_PAYLOAD_BYTES);

    private static final int URGENT_ROOM = WireSegment.HEADER_BYTES + PacketCodec.MAX_URGENT_BYTES;
    private static final int KEPT_BYTES = 1 << 20;

    private final int compressFromBytes;
    private final Compressor compressor = new Compressor();
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);
    private byte[] scratch = {};
    private ByteBuffer fragments;
    private byte fragmentsType;
    private int fragmentsFlags;
    private Packet held;
    private volatile long sentFrames;
    private volatile long sentBytes;

    PacketWriter(int compressFromBytes) {
        this.compressFromBytes = compressFromBytes;
    }

    /** @return whether all packets so far have been written */
    boolean idle() {
        return !out.hasRemaining() && fragments == null && held == null;
    }

    /** Whether the peer's own thread should handle a packet, because it must be compressed or fragmented. */
    boolean isLarge(Packet packet) {
        int size = PacketCodec.size(packet);
        return size > WireSegment.MAX_PAYLOAD_BYTES
                || size >= compressFromBytes && PacketCodec.type(packet) == PacketCodec.RAFT;
    }

    /** Encodes one small packet; only when {@link #idle}. */
    void put(Packet packet) {
        try {
            out.clear();
            encodeWhole(packet);
            out.flip();
        } catch (RuntimeException e) {
            // Half a packet must not be sent with the next one.
            reset();
            throw e;
        }
    }

    /** Writes the encoded bytes. @return false when the channel accepts no more for now */
    boolean flush(ByteSink channel) throws IOException {
        while (out.hasRemaining()) {
            int written = channel.write(out);
            if (written == 0) {
                return false;
            }
            countSent(0, written);
        }
        return channel.flush();
    }

    /**
     * Encodes the next packets, urgent ones first; only after a {@link #flush} that wrote all bytes. @return false if
     * there are none
     */
    boolean fill(SendQueue queue) {
        out.clear();
        while (out.remaining() >= URGENT_ROOM) {
            Packet packet = queue.pollUrgent();
            if (packet == null) {
                break;
            }
            encodeWhole(packet);
        }
        while (putBulk(queue)) {
            continue;
        }
        out.flip();
        return out.hasRemaining();
    }

    /** @return false when there are no more packets, or no more room */
    private boolean putBulk(SendQueue queue) {
        if (fragments != null) {
            return putFragment();
        }
        Packet packet = held != null ? held : queue.pollBulk();
        held = null;
        if (packet == null) {
            return false;
        }
        if (isLarge(packet)) {
            cut(packet);
            return true;
        }
        if (out.remaining() < WireSegment.HEADER_BYTES + PacketCodec.size(packet)) {
            held = packet;
            return false;
        }
        encodeWhole(packet);
        return true;
    }

    private void encodeWhole(Packet packet) {
        int start = WireSegment.begin(out, PacketCodec.size(packet), PacketCodec.type(packet), 0);
        PacketCodec.encode(packet, out);
        WireSegment.seal(out, start);
        if (packet instanceof Packet.Data) {
            countSent(1, 0);
        }
    }

    private void cut(Packet packet) {
        int size = PacketCodec.size(packet);
        if (scratch.length < size) {
            scratch = new byte[size];
        }
        PacketCodec.encode(packet, ByteBuffer.wrap(scratch));
        fragments = null;
        fragmentsType = PacketCodec.type(packet);
        fragmentsFlags = WireSegment.FRAGMENT;
        if (fragmentsType == PacketCodec.RAFT) {
            fragments = compressor.compress(scratch, size);
        }
        if (fragments == null) {
            fragments = ByteBuffer.wrap(scratch, 0, size);
        } else {
            fragmentsFlags |= WireSegment.COMPRESSED;
        }
    }

    private boolean putFragment() {
        int length = Math.min(fragments.remaining(), WireSegment.MAX_PAYLOAD_BYTES);
        if (out.remaining() < WireSegment.HEADER_BYTES + length) {
            return false;
        }
        boolean last = length == fragments.remaining();
        int start = WireSegment.begin(
                out, length, fragmentsType, last ? fragmentsFlags | WireSegment.LAST : fragmentsFlags);
        out.put(out.position(), fragments, fragments.position(), length).position(out.position() + length);
        fragments.position(fragments.position() + length);
        WireSegment.seal(out, start);
        if (last) {
            fragments = null;
            if (scratch.length > KEPT_BYTES) {
                scratch = new byte[0];
            }
            countSent(1, 0);
        }
        return true;
    }

    /** Drops packets in progress, so that the next connection begins with a new packet. */
    void reset() {
        out.clear().limit(0);
        fragments = null;
        held = null;
    }

    private void countSent(int frames, int bytes) {
        long moreFrames = sentFrames + frames;
        long moreBytes = sentBytes + bytes;
        sentFrames = moreFrames;
        sentBytes = moreBytes;
    }

    long sentFrames() {
        return sentFrames;
    }

    long sentBytes() {
        return sentBytes;
    }

    @Override
    public void close() {
        reset();
        compressor.close();
    }
}
