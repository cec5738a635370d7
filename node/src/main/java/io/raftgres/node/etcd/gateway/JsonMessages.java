package io.raftgres.node.etcd.gateway;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/** Converts messages to JSON and back as etcd's gateway does: names as in the proto files, unset fields left out. */
final class JsonMessages {

    private static final int MAX_REASON_CHARS = 300;

    /** Accepts camelCase and snake_case, numbers and strings for int64, both alphabets of base64. */
    private static final JsonFormat.Parser PARSER = JsonFormat.parser().ignoringUnknownFields();

    private static final JsonFormat.Printer PRINTER =
            JsonFormat.printer().preservingProtoFieldNames().omittingInsignificantWhitespace();

    private JsonMessages() {}

    /**
     * @param json one object; an empty text counts as an empty object
     * @throws StatusRuntimeException INVALID_ARGUMENT, or RESOURCE_EXHAUSTED when it is over the limit
     */
    static Message parse(MethodDescriptor<Message, Message> method, byte[] json, int length, int maxBytes) {
        Message.Builder builder = prototype(method).newBuilderForType();
        if (!isBlank(json, length)) {
            try {
                PARSER.merge(
                        new InputStreamReader(new ByteArrayInputStream(json, 0, length), StandardCharsets.UTF_8),
                        builder);
            } catch (InvalidProtocolBufferException | IllegalStateException | NumberFormatException e) {
                throw invalid(e.getMessage());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        Message message = builder.build();
        int size = message.getSerializedSize();
        if (size > maxBytes) {
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription("grpc: received message larger than max (" + size + " vs. " + maxBytes + ")")
                    .asRuntimeException();
        }
        return message;
    }

    private static boolean isBlank(byte[] json, int length) {
        for (int i = 0; i < length; i++) {
            if (json[i] != ' ' && json[i] != '\n' && json[i] != '\r' && json[i] != '\t') {
                return false;
            }
        }
        return true;
    }

    private static StatusRuntimeException invalid(String why) {
        String reason = why == null ? "this is no JSON" : why;
        return Status.INVALID_ARGUMENT
                .withDescription(reason.substring(0, Math.min(reason.length(), MAX_REASON_CHARS)))
                .asRuntimeException();
    }

    private static Message prototype(MethodDescriptor<Message, Message> method) {
        return ((MethodDescriptor.PrototypeMarshaller<Message>) method.getRequestMarshaller()).getMessagePrototype();
    }

    /** @return UTF-8, written without an intermediate String */
    static byte[] print(Message message) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(message.getSerializedSize() / 3 * 4 + 128);
        try (Writer writer = new OutputStreamWriter(bytes, StandardCharsets.UTF_8)) {
            PRINTER.appendTo(message, writer);
        } catch (IOException e) {
            throw new IllegalStateException("a message of ours became no JSON", e);
        }
        return bytes.toByteArray();
    }
}
