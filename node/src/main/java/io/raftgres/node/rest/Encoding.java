package io.raftgres.node.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import io.raftgres.node.kv.Row;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** How JSON represents keys and values. */
enum Encoding {
    /** Always base64. */
    BASE64,
    /**
     * As text. Bytes that are not UTF-8 are base64 under another name ("keyBase64", "valueBase64"). So one such key
     * does not make a whole range, or a watch permanently, unreadable.
     */
    TEXT;

    static Encoding of(Query query) {
        String text = query.text("encoding");
        if (text == null) {
            return BASE64;
        }
        return switch (text) {
            case "base64" -> BASE64;
            case "text" -> TEXT;
            default -> throw Problem.invalid("query parameter 'encoding' must be base64 or text");
        };
    }

    void write(JsonGenerator json, String name, byte[] bytes) throws IOException {
        if (this == TEXT) {
            try {
                CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
                json.writeStringField(name, text.toString());
                return;
            } catch (CharacterCodingException e) {
                json.writeBinaryField(name + "Base64", bytes);
                return;
            }
        }
        json.writeBinaryField(name, bytes);
    }

    /** @return the bytes; null if the text is not valid in this encoding */
    byte[] read(String text) {
        try {
            if (this == BASE64) {
                return Base64.getDecoder().decode(text);
            }
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            return copy;
        } catch (IllegalArgumentException | CharacterCodingException e) {
            return null;
        }
    }

    /** Writes the row's fields into the current object. */
    void write(JsonGenerator json, Row row, boolean keysOnly) throws IOException {
        write(json, "key", row.key().bytes());
        if (!keysOnly) {
            write(json, "value", row.value());
        }
        json.writeNumberField("createRevision", row.createRevision());
        json.writeNumberField("modRevision", row.modRevision());
        json.writeNumberField("version", row.version());
        if (row.lease() != 0) {
            json.writeNumberField("lease", row.lease());
        }
    }
}
