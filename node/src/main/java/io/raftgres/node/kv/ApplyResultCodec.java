package io.raftgres.node.kv;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Encodes an {@link ApplyResult} that the leader sends to the node that forwarded the request. */
public final class ApplyResultCodec {

    private static final byte PUT = 1;
    private static final byte DELETE = 2;
    private static final byte GET = 3;
    private static final byte COMPACT = 4;
    private static final byte TXN = 5;
    private static final byte GRANT = 6;
    private static final byte REVOKE = 7;
    private static final byte AUTH = 8;
    private static final byte RAISE = 9;
    private static final byte USER_TOKEN = 10;

    private ApplyResultCodec() {}

    public static byte[] encode(ApplyResult result) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeLong(result.revision());
            out.writeBoolean(result.succeeded());
            out.writeBoolean(result.replayed());
            writeResults(out, result.results());
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return bytes.toByteArray();
    }

    /** @throws IllegalArgumentException when the bytes are not a valid result */
    public static ApplyResult decode(byte[] data) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(data))) {
            long revision = in.readLong();
            boolean succeeded = in.readBoolean();
            boolean replayed = in.readBoolean();
            List<Op.Result> results = readResults(in, 0);
            return new ApplyResult(revision, succeeded, results, replayed);
        } catch (IOException e) {
            throw new IllegalArgumentException("result of a request is truncated", e);
        }
    }

    private static void writeResults(DataOutputStream out, List<Op.Result> results) throws IOException {
        out.writeShort(results.size());
        for (Op.Result result : results) {
            write(out, result);
        }
    }

    private static void write(DataOutputStream out, Op.Result result) throws IOException {
        switch (result) {
            case Op.Result.Put put -> {
                out.writeByte(PUT);
                writeRow(out, put.row());
                writeRow(out, put.previous());
            }
            case Op.Result.Delete delete -> {
                out.writeByte(DELETE);
                out.writeLong(delete.deleted());
                writeRows(out, delete.previous());
            }
            case Op.Result.Get get -> {
                out.writeByte(GET);
                writeRows(out, get.rows());
                out.writeBoolean(get.more());
                out.writeLong(get.count());
            }
            case Op.Result.Txn txn -> {
                out.writeByte(TXN);
                out.writeBoolean(txn.succeeded());
                writeResults(out, txn.results());
            }
            case Op.Result.Compact compact -> {
                out.writeByte(COMPACT);
                out.writeLong(compact.compactedRevision());
            }
            case Op.Result.Grant grant -> {
                out.writeByte(GRANT);
                out.writeLong(grant.lease());
                out.writeLong(grant.ttlSeconds());
            }
            case Op.Result.Auth auth -> out.writeByte(AUTH);
            case Op.Result.Token token -> {
                out.writeByte(USER_TOKEN);
                out.writeLong(token.index());
            }
            case Op.Result.Raise raise -> {
                out.writeByte(RAISE);
                out.writeInt(raise.version());
            }
            case Op.Result.Revoke revoke -> {
                out.writeByte(REVOKE);
                out.writeInt(revoke.revoked());
            }
        }
    }

    private static List<Op.Result> readResults(DataInputStream in, int depth) throws IOException {
        if (depth > Limits.MAX_TXN_DEPTH) {
            throw new IllegalArgumentException("results are nested deeper than the limit of " + Limits.MAX_TXN_DEPTH);
        }
        int count = in.readUnsignedShort();
        List<Op.Result> results = new ArrayList<>(Math.min(count, Limits.MAX_TXN_OPS));
        for (int i = 0; i < count; i++) {
            byte kind = in.readByte();
            results.add(
                    switch (kind) {
                        case PUT -> new Op.Result.Put(readRow(in), readRow(in));
                        case DELETE -> new Op.Result.Delete(in.readLong(), readRows(in));
                        case GET -> new Op.Result.Get(readRows(in), in.readBoolean(), in.readLong());
                        case TXN -> new Op.Result.Txn(in.readBoolean(), readResults(in, depth + 1));
                        case COMPACT -> new Op.Result.Compact(in.readLong());
                        case GRANT -> new Op.Result.Grant(in.readLong(), in.readLong());
                        case REVOKE -> new Op.Result.Revoke(in.readInt());
                        case AUTH -> new Op.Result.Auth();
                        case USER_TOKEN -> new Op.Result.Token(in.readLong());
                        case RAISE -> new Op.Result.Raise(in.readInt());
                        default -> throw new IllegalArgumentException("result of unknown kind " + kind);
                    });
        }
        return results;
    }

    private static void writeRows(DataOutputStream out, List<Row> rows) throws IOException {
        out.writeInt(rows.size());
        for (Row row : rows) {
            writeRow(out, row);
        }
    }

    private static List<Row> readRows(DataInputStream in) throws IOException {
        int count = in.readInt();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(readRow(in));
        }
        return rows;
    }

    private static void writeRow(DataOutputStream out, Row row) throws IOException {
        out.writeBoolean(row != null);
        if (row != null) {
            RequestCodec.writeBytes(out, row.key().bytes());
            RequestCodec.writeBytes(out, row.value());
            out.writeLong(row.createRevision());
            out.writeLong(row.modRevision());
            out.writeLong(row.version());
            out.writeLong(row.lease());
        }
    }

    private static Row readRow(DataInputStream in) throws IOException {
        if (!in.readBoolean()) {
            return null;
        }
        return new Row(
                Key.of(RequestCodec.readBytes(in)),
                RequestCodec.readBytes(in),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong());
    }
}
