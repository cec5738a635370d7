package io.raftgres.node.kv;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@link Answer} as the leader sends it to the node that forwarded the request. */
public final class AnswerCodec {

    private static final byte PUT = 1;
    private static final byte DELETE = 2;
    private static final byte GET = 3;
    private static final byte COMPACT = 4;

    private AnswerCodec() {}

    public static byte[] encode(Answer answer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeLong(answer.revision());
            out.writeBoolean(answer.succeeded());
            out.writeBoolean(answer.replayed());
            out.writeShort(answer.results().size());
            for (Op.Result result : answer.results()) {
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
                    }
                    case Op.Result.Compact compact -> {
                        out.writeByte(COMPACT);
                        out.writeLong(compact.compactedRevision());
                    }
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return bytes.toByteArray();
    }

    /** @throws IllegalArgumentException when the bytes are not an answer */
    public static Answer decode(byte[] data) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(data))) {
            long revision = in.readLong();
            boolean succeeded = in.readBoolean();
            boolean replayed = in.readBoolean();
            int count = in.readUnsignedShort();
            List<Op.Result> results = new ArrayList<>(Math.min(count, Limits.MAX_TXN_OPS));
            for (int i = 0; i < count; i++) {
                byte kind = in.readByte();
                results.add(switch (kind) {
                    case PUT -> new Op.Result.Put(readRow(in), readRow(in));
                    case DELETE -> new Op.Result.Delete(in.readLong(), readRows(in));
                    case GET -> new Op.Result.Get(readRows(in), in.readBoolean());
                    case COMPACT -> new Op.Result.Compact(in.readLong());
                    default -> throw new IllegalArgumentException("result of unknown kind " + kind);
                });
            }
            return new Answer(revision, succeeded, results, replayed);
        } catch (IOException e) {
            throw new IllegalArgumentException("answer is cut short", e);
        }
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
        return new Row(Key.of(RequestCodec.readBytes(in)), RequestCodec.readBytes(in), in.readLong(), in.readLong(),
                in.readLong(), in.readLong());
    }
}
