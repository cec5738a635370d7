package io.raftgres.node.kv;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * {@link Request} as the data of a log entry: format byte, leader's clock in milliseconds (8 bytes, set when it is
 * proposed), then the request. The log outlives releases: a format once written is read for ever.
 */
public final class RequestCodec {

    private static final int FORMAT = 1;
    private static final int CLOCK_OFFSET = 1;
    private static final int MAX_BYTES = 64 << 20;
    private static final byte PUT = 1;
    private static final byte DELETE = 2;
    private static final byte GET = 3;
    private static final byte COMPACT = 4;

    private RequestCodec() {}

    /** @param clockMillis the clock of the leader that proposed it */
    public record Clocked(long clockMillis, Request request) {}

    public static byte[] encode(Request request) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(estimate(request));
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FORMAT);
            out.writeLong(0);
            out.writeBoolean(request.token() != null);
            if (request.token() != null) {
                out.write(request.token());
            }
            out.writeShort(request.compares().size());
            for (Compare compare : request.compares()) {
                write(out, compare);
            }
            writeOps(out, request.success());
            writeOps(out, request.failure());
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return bytes.toByteArray();
    }

    /** Sets the clock of an encoded request, in place: the leader does it just before it proposes. */
    public static void setClock(byte[] encoded, long clockMillis) {
        ByteBuffer.wrap(encoded).putLong(CLOCK_OFFSET, clockMillis);
    }

    /** @return whether the encoded request carries an idempotency token */
    public static boolean hasToken(byte[] encoded) {
        int at = CLOCK_OFFSET + Long.BYTES;
        return encoded.length > at && encoded[at] != 0;
    }

    /** @throws IllegalArgumentException when the bytes are not a request this release understands */
    public static Clocked decode(byte[] data) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(data))) {
            int format = in.readUnsignedByte();
            if (format != FORMAT) {
                throw new IllegalArgumentException("request in unknown format " + format + ": written by a newer release?");
            }
            long clockMillis = in.readLong();
            byte[] token = in.readBoolean() ? exactly(in, Request.TOKEN_BYTES) : null;
            int count = in.readUnsignedShort();
            List<Compare> compares = new ArrayList<>(Math.min(count, Limits.MAX_TXN_OPS));
            for (int i = 0; i < count; i++) {
                compares.add(readCompare(in));
            }
            Request request = new Request(token, compares, readOps(in), readOps(in));
            if (in.read() != -1) {
                throw new IllegalArgumentException("bytes after the request's end");
            }
            return new Clocked(clockMillis, request);
        } catch (IOException e) {
            throw new IllegalArgumentException("request is cut short", e);
        }
    }

    private static int estimate(Request request) {
        int bytes = 64;
        for (Op op : request.success()) {
            bytes += op instanceof Op.Put put ? 32 + put.key().length() + put.value().length : 64;
        }
        return bytes;
    }

    private static void write(DataOutputStream out, Compare compare) throws IOException {
        writeBytes(out, compare.key().bytes());
        out.writeByte(compare.target().ordinal());
        out.writeByte(compare.relation().ordinal());
        out.writeLong(compare.number());
        if (compare.target() == Compare.Target.VALUE) {
            writeBytes(out, compare.value());
        }
    }

    private static Compare readCompare(DataInputStream in) throws IOException {
        Key key = Key.of(readBytes(in));
        Compare.Target target = oneOf(Compare.Target.values(), in.readUnsignedByte());
        Compare.Relation relation = oneOf(Compare.Relation.values(), in.readUnsignedByte());
        long number = in.readLong();
        return new Compare(key, target, relation, number, target == Compare.Target.VALUE ? readBytes(in) : null);
    }

    private static void writeOps(DataOutputStream out, List<Op> ops) throws IOException {
        out.writeShort(ops.size());
        for (Op op : ops) {
            switch (op) {
                case Op.Put put -> {
                    out.writeByte(PUT);
                    writeBytes(out, put.key().bytes());
                    writeBytes(out, put.value());
                    out.writeLong(put.lease());
                    out.writeBoolean(put.returnPrevious());
                }
                case Op.Delete delete -> {
                    out.writeByte(DELETE);
                    writeRange(out, delete.range());
                    out.writeBoolean(delete.returnPrevious());
                }
                case Op.Get get -> {
                    out.writeByte(GET);
                    writeRange(out, get.range());
                    out.writeInt(get.limit());
                    out.writeBoolean(get.keysOnly());
                }
                case Op.Compact compact -> {
                    out.writeByte(COMPACT);
                    out.writeLong(compact.revision());
                }
            }
        }
    }

    private static List<Op> readOps(DataInputStream in) throws IOException {
        int count = in.readUnsignedShort();
        List<Op> ops = new ArrayList<>(Math.min(count, Limits.MAX_TXN_OPS));
        for (int i = 0; i < count; i++) {
            byte kind = in.readByte();
            ops.add(switch (kind) {
                case PUT -> new Op.Put(Key.of(readBytes(in)), readBytes(in), in.readLong(), in.readBoolean());
                case DELETE -> new Op.Delete(readRange(in), in.readBoolean());
                case GET -> new Op.Get(readRange(in), in.readInt(), in.readBoolean());
                case COMPACT -> new Op.Compact(in.readLong());
                default -> throw new IllegalArgumentException("operation of unknown kind " + kind);
            });
        }
        return ops;
    }

    private static void writeRange(DataOutputStream out, KeyRange range) throws IOException {
        writeBytes(out, range.from().bytes());
        out.writeBoolean(range.to() != null);
        if (range.to() != null) {
            writeBytes(out, range.to().bytes());
        }
    }

    private static KeyRange readRange(DataInputStream in) throws IOException {
        Key from = Key.of(readBytes(in));
        return new KeyRange(from, in.readBoolean() ? Key.of(readBytes(in)) : null);
    }

    static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static byte[] readBytes(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > MAX_BYTES) {
            throw new IllegalArgumentException("field of " + length + " bytes");
        }
        return exactly(in, length);
    }

    private static byte[] exactly(DataInputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length != length) {
            throw new IOException("field of " + length + " bytes ends after " + bytes.length);
        }
        return bytes;
    }

    static <T> T oneOf(T[] values, int ordinal) {
        if (ordinal >= values.length) {
            throw new IllegalArgumentException("unknown code " + ordinal);
        }
        return values[ordinal];
    }
}
