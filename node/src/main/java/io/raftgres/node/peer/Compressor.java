package io.raftgres.node.peer;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;

/**
 * Compresses and inflates frames of one connection. It tries compression only as often as it helps: random or already
 * compressed values cost one attempt in a thousand. Not thread-safe.
 */
final class Compressor implements AutoCloseable {
    private static final int LEVEL = 1;
    private static final int MIN_PAUSE = 64;
    private static final int MAX_PAUSE = 1024;
    private static final int LENGTH_BYTES = 4;

    /** A larger scratch buffer is released after use. */
    private static final int KEPT_BYTES = 1 << 20;

    private ZstdCompressCtx compress;
    private ZstdDecompressCtx inflate;
    private byte[] scratch = {};
    private int toSkip;
    private int pause = MIN_PAUSE;

    /** @return the compressed form, valid until the next call; null when it is not 10% smaller, or was not tried */
    ByteBuffer compress(byte[] raw, int length) {
        if (toSkip > 0) {
            toSkip--;
            return null;
        }
        if (compress == null) {
            compress =
                    new ZstdCompressCtx().setLevel(LEVEL).setContentSize(true).setChecksum(false);
        }
        int bound = LENGTH_BYTES + Math.toIntExact(Zstd.compressBound(length));
        if (scratch.length < bound || scratch.length > KEPT_BYTES) {
            scratch = new byte[bound];
        }
        int packed = compress.compressByteArray(scratch, LENGTH_BYTES, bound - LENGTH_BYTES, raw, 0, length);
        if (packed + LENGTH_BYTES > length - length / 10) {
            toSkip = pause;
            pause = Math.min(2 * pause, MAX_PAUSE);
            return null;
        }
        pause = MIN_PAUSE;
        return ByteBuffer.wrap(scratch, 0, LENGTH_BYTES + packed).putInt(0, length);
    }

    /**
     * @param in a length and a zstd frame, in an array
     * @throws ProtocolException when the input is invalid, or would inflate to more than {@code maxBytes}; memory is
     *     allocated only when the frame itself states the same length
     */
    ByteBuffer inflate(ByteBuffer in, int maxBytes) throws ProtocolException {
        if (in.remaining() < LENGTH_BYTES) {
            throw new ProtocolException("compressed frame of " + in.remaining() + " bytes");
        }
        int length = in.getInt();
        if (length < 0 || length > maxBytes) {
            throw new ProtocolException("compressed frame of " + Integer.toUnsignedLong(length)
                    + " bytes after inflating, but the limit is " + maxBytes);
        }
        int start = in.arrayOffset() + in.position();
        try {
            if (in.remaining() == 0 || Zstd.getFrameContentSize(in.array(), start, in.remaining()) != length) {
                throw new ProtocolException("compressed frame does not inflate to the announced " + length + " bytes");
            }
            if (inflate == null) {
                inflate = new ZstdDecompressCtx();
            }
            byte[] raw = new byte[length];
            int got = inflate.decompressByteArray(raw, 0, length, in.array(), start, in.remaining());
            if (got != length) {
                throw new ProtocolException("compressed frame inflated to " + got + " bytes, not to " + length);
            }
            return ByteBuffer.wrap(raw);
        } catch (ZstdException e) {
            throw new ProtocolException("compressed frame is damaged: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        if (compress != null) {
            compress.close();
            compress = null;
        }
        if (inflate != null) {
            inflate.close();
            inflate = null;
        }
    }
}
