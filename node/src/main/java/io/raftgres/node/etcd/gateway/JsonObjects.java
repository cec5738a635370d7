package io.raftgres.node.etcd.gateway;

import io.grpc.Status;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;

/**
 * Splits a stream of bytes into JSON objects. Finds only where an object ends; the parser checks whether it is valid.
 */
final class JsonObjects {

    private final int maxBytes;
    private final Consumer<byte[]> each;
    private final ByteArrayOutputStream object = new ByteArrayOutputStream();
    private int depth;
    private boolean inString;
    private boolean escaped;

    /** @param maxBytes longest object */
    JsonObjects(int maxBytes, Consumer<byte[]> each) {
        this.maxBytes = maxBytes;
        this.each = each;
    }

    /**
     * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT for bytes outside an object, and for an object that is
     *     too long
     */
    void add(ByteBuf bytes) {
        while (bytes.isReadable()) {
            add(bytes.readByte());
        }
    }

    private void add(byte next) {
        if (depth == 0) {
            if (next == '{') {
                depth = 1;
                object.write(next);
            } else if (next != ' ' && next != '\n' && next != '\r' && next != '\t') {
                throw Status.INVALID_ARGUMENT
                        .withDescription(
                                "invalid character '" + (char) (next & 0x7f) + "' looking for beginning of value")
                        .asRuntimeException();
            }
            return;
        }
        if (object.size() >= maxBytes) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("a message of a stream has more than " + maxBytes + " bytes")
                    .asRuntimeException();
        }
        object.write(next);
        if (inString) {
            inString = escaped || next != '"';
            escaped = !escaped && next == '\\';
        } else if (next == '"') {
            inString = true;
        } else if (next == '{' || next == '[') {
            depth++;
        } else if ((next == '}' || next == ']') && --depth == 0) {
            byte[] whole = object.toByteArray();
            object.reset();
            each.accept(whole);
        }
    }

    /** @return whether the bytes added so far are whole objects */
    boolean atEnd() {
        return depth == 0;
    }
}
