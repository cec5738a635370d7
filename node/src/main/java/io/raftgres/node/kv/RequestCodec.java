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
 * Encodes a {@link Request} as the data of a log entry: format byte, the log's time in milliseconds (8 bytes, set at
 * the proposal), then the request. The log outlives releases: later releases must read every format that was ever
 * written.
 */
public final class RequestCodec {

    private static final int FORMAT = 1;
    private static final int CLOCK_OFFSET = 1;
    private static final int MAX_BYTES = 64 << 20;
    private static final byte PUT = 1;
    private static final byte DELETE = 2;
    private static final byte GET = 3;
    private static final byte COMPACT = 4;
    private static final byte QUERY = 5;
    private static final byte TXN = 6;
    private static final byte GRANT = 7;
    private static final byte REVOKE = 8;
    private static final byte AUTH = 9;
    private static final byte RAISE = 10;

    private static final int NO_TOKEN = 0;
    private static final int TOKEN = 1;
    private static final int AGED_TOKEN = 2;

    /** Flag next to the token's kind: the caller follows. */
    private static final int CALLER = 0x10;

    // Flags of a put: the first two values equal those of the earlier boolean.
    private static final int RETURN_PREVIOUS = 1;
    private static final int KEEP_VALUE = 2;
    private static final int KEEP_LEASE = 4;

    /** Flag next to a compare's target: it is on a range, whose end follows. */
    private static final int ON_RANGE = 0x80;

    // Flags of a query.
    private static final int KEYS_ONLY = 1;
    private static final int COUNT_ONLY = 2;
    private static final int DESCENDING = 4;

    private RequestCodec() {}

    /** @param clockMillis the log's time at the proposal */
    public record Clocked(long clockMillis, Request request) {}

    public static byte[] encode(Request request) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(estimate(request));
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FORMAT);
            out.writeLong(0);
            boolean hasCaller = !request.caller().equals(CallerId.NOBODY);
            int kind = request.token() == null ? NO_TOKEN : request.tokenAgeMillis() == 0 ? TOKEN : AGED_TOKEN;
            out.writeByte(hasCaller ? kind | CALLER : kind);
            if (request.token() != null) {
                out.write(request.token());
            }
            if (request.tokenAgeMillis() > 0) {
                out.writeLong(request.tokenAgeMillis());
            }
            if (hasCaller) {
                AuthCodec.text(out, request.caller().user());
                out.writeLong(request.caller().authRevision());
            }
            writeCompares(out, request.compares());
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

    /** @throws IllegalArgumentException when the bytes are not a request that this release can read */
    public static Clocked decode(byte[] data) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(data))) {
            int format = in.readUnsignedByte();
            if (format != FORMAT) {
                throw new IllegalArgumentException(
                        "request in unknown format " + format + ": a newer release probably wrote it");
            }
            long clockMillis = in.readLong();
            int kinds = in.readUnsignedByte();
            int kind = kinds & ~CALLER;
            if (kind > AGED_TOKEN) {
                throw new IllegalArgumentException("token of unknown kind " + kind);
            }
            byte[] token = kind == NO_TOKEN ? null : exactly(in, Request.TOKEN_BYTES);
            long ageMillis = kind == AGED_TOKEN ? in.readLong() : 0;
            CallerId caller = kinds == kind ? CallerId.NOBODY : new CallerId(AuthCodec.text(in), in.readLong());
            Request request = new Request(token, ageMillis, caller, readCompares(in), readOps(in, 0), readOps(in, 0));
            if (in.read() != -1) {
                throw new IllegalArgumentException("surplus bytes after the request");
            }
            return new Clocked(clockMillis, request);
        } catch (IOException e) {
            throw new IllegalArgumentException("request is truncated", e);
        }
    }

    private static int estimate(Request request) {
        int bytes = 64;
        for (Op op : request.success()) {
            bytes += op instanceof Op.Put put ? 32 + put.key().length() + put.value().length : 64;
        }
        return bytes;
    }

    private static void writeCompares(DataOutputStream out, List<Compare> compares) throws IOException {
        out.writeShort(compares.size());
        for (Compare compare : compares) {
            write(out, compare);
        }
    }

    private static List<Compare> readCompares(DataInputStream in) throws IOException {
        int count = in.readUnsignedShort();
        List<Compare> compares = new ArrayList<>(Math.min(count, Limits.MAX_TXN_OPS));
        for (int i = 0; i < count; i++) {
            compares.add(readCompare(in));
        }
        return compares;
    }

    private static void write(DataOutputStream out, Compare compare) throws IOException {
        boolean single = compare.range().isSingle();
        writeBytes(out, compare.range().from().bytes());
        out.writeByte(compare.target().ordinal() | (single ? 0 : ON_RANGE));
        out.writeByte(compare.relation().ordinal());
        out.writeLong(compare.number());
        if (compare.target() == Compare.Target.VALUE) {
            writeBytes(out, compare.value());
        }
        if (!single) {
            writeEnd(out, compare.range());
        }
    }

    private static Compare readCompare(DataInputStream in) throws IOException {
        Key key = Key.of(readBytes(in));
        int code = in.readUnsignedByte();
        Compare.Target target = oneOf(Compare.Target.values(), code & ~ON_RANGE);
        Compare.Relation relation = oneOf(Compare.Relation.values(), in.readUnsignedByte());
        long number = in.readLong();
        byte[] value = target == Compare.Target.VALUE ? readBytes(in) : null;
        KeyRange range = (code & ON_RANGE) == 0 ? KeyRange.single(key) : new KeyRange(key, readEnd(in));
        return new Compare(range, target, relation, number, value);
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
                    out.writeByte((put.returnPrevious() ? RETURN_PREVIOUS : 0)
                            | (put.keepValue() ? KEEP_VALUE : 0)
                            | (put.keepLease() ? KEEP_LEASE : 0));
                }
                case Op.Delete delete -> {
                    out.writeByte(DELETE);
                    writeRange(out, delete.range());
                    out.writeBoolean(delete.returnPrevious());
                }
                case Op.Get get
                when isOldGet(get.selection()) -> {
                    out.writeByte(GET);
                    writeRange(out, get.range());
                    out.writeInt((int) get.selection().limit());
                    out.writeBoolean(get.selection().keysOnly());
                }
                case Op.Get get -> {
                    out.writeByte(QUERY);
                    writeRange(out, get.range());
                    write(out, get.selection());
                }
                case Op.Compact compact -> {
                    out.writeByte(COMPACT);
                    out.writeLong(compact.revision());
                }
                case Op.Txn txn -> {
                    out.writeByte(TXN);
                    writeCompares(out, txn.compares());
                    writeOps(out, txn.success());
                    writeOps(out, txn.failure());
                }
                case Op.Grant grant -> {
                    out.writeByte(GRANT);
                    out.writeLong(grant.lease());
                    out.writeLong(grant.ttlSeconds());
                }
                case Op.Auth auth -> {
                    out.writeByte(AUTH);
                    AuthCodec.write(out, auth.command());
                }
                case Op.Raise raise -> {
                    out.writeByte(RAISE);
                    out.writeInt(raise.version());
                }
                case Op.Revoke revoke -> {
                    out.writeByte(REVOKE);
                    out.writeLong(revoke.term());
                    out.writeInt(revoke.leases().size());
                    for (long lease : revoke.leases()) {
                        out.writeLong(lease);
                    }
                }
            }
        }
    }

    /** @return whether releases before etcd's API can read it, too: they take part while a cluster is upgraded */
    private static boolean isOldGet(Selection selection) {
        return selection.limit() <= Integer.MAX_VALUE
                && selection.equals(Selection.of(selection.limit(), 0, selection.keysOnly()));
    }

    private static void write(DataOutputStream out, Selection selection) throws IOException {
        out.writeByte((selection.keysOnly() ? KEYS_ONLY : 0)
                | (selection.countOnly() ? COUNT_ONLY : 0)
                | (selection.descending() ? DESCENDING : 0));
        out.writeByte(selection.target().ordinal());
        out.writeLong(selection.revision());
        out.writeLong(selection.limit());
        out.writeLong(selection.filter().minMod());
        out.writeLong(selection.filter().maxMod());
        out.writeLong(selection.filter().minCreate());
        out.writeLong(selection.filter().maxCreate());
    }

    private static Selection readSelection(DataInputStream in) throws IOException {
        int flags = in.readUnsignedByte();
        Selection.Target target = oneOf(Selection.Target.values(), in.readUnsignedByte());
        long revision = in.readLong();
        long limit = in.readLong();
        return new Selection(
                revision,
                limit,
                (flags & KEYS_ONLY) != 0,
                (flags & COUNT_ONLY) != 0,
                target,
                (flags & DESCENDING) != 0,
                new Selection.Filter(in.readLong(), in.readLong(), in.readLong(), in.readLong()));
    }

    private static List<Op> readOps(DataInputStream in, int depth) throws IOException {
        if (depth > Limits.MAX_TXN_DEPTH) {
            throw new IllegalArgumentException(
                    "transactions are nested deeper than the limit of " + Limits.MAX_TXN_DEPTH);
        }
        int count = in.readUnsignedShort();
        List<Op> ops = new ArrayList<>(Math.min(count, Limits.MAX_TXN_OPS));
        for (int i = 0; i < count; i++) {
            byte kind = in.readByte();
            ops.add(
                    switch (kind) {
                        case PUT -> readPut(in);
                        case DELETE -> new Op.Delete(readRange(in), in.readBoolean());
                        case GET -> new Op.Get(readRange(in), in.readInt(), in.readBoolean());
                        case COMPACT -> new Op.Compact(in.readLong());
                        case QUERY -> new Op.Get(readRange(in), readSelection(in));
                        case TXN -> new Op.Txn(readCompares(in), readOps(in, depth + 1), readOps(in, depth + 1));
                        case GRANT -> new Op.Grant(in.readLong(), in.readLong());
                        case REVOKE -> readRevoke(in);
                        case AUTH -> new Op.Auth(AuthCodec.read(in));
                        case RAISE -> new Op.Raise(in.readInt());
                        default -> throw new IllegalArgumentException("operation of unknown kind " + kind);
                    });
        }
        return ops;
    }

    private static Op.Put readPut(DataInputStream in) throws IOException {
        Key key = Key.of(readBytes(in));
        byte[] value = readBytes(in);
        long lease = in.readLong();
        int flags = in.readUnsignedByte();
        return new Op.Put(
                key,
                value,
                lease,
                (flags & RETURN_PREVIOUS) != 0,
                (flags & KEEP_VALUE) != 0,
                (flags & KEEP_LEASE) != 0);
    }

    private static Op.Revoke readRevoke(DataInputStream in) throws IOException {
        long term = in.readLong();
        int count = in.readInt();
        if (count < 0 || count > in.available() / Long.BYTES) {
            throw new IllegalArgumentException("invalid count of leases to revoke: " + count);
        }
        List<Long> leases = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            leases.add(in.readLong());
        }
        return new Op.Revoke(leases, term);
    }

    private static void writeRange(DataOutputStream out, KeyRange range) throws IOException {
        writeBytes(out, range.from().bytes());
        writeEnd(out, range);
    }

    private static KeyRange readRange(DataInputStream in) throws IOException {
        return new KeyRange(Key.of(readBytes(in)), readEnd(in));
    }

    private static void writeEnd(DataOutputStream out, KeyRange range) throws IOException {
        out.writeBoolean(range.to() != null);
        if (range.to() != null) {
            writeBytes(out, range.to().bytes());
        }
    }

    private static Key readEnd(DataInputStream in) throws IOException {
        return in.readBoolean() ? Key.of(readBytes(in)) : null;
    }

    static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static byte[] readBytes(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > MAX_BYTES) {
            throw new IllegalArgumentException("field with an invalid length of " + length + " bytes");
        }
        return exactly(in, length);
    }

    private static byte[] exactly(DataInputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length != length) {
            throw new IOException("field of " + length + " bytes is truncated after " + bytes.length);
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
