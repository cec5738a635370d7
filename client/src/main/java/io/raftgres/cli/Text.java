package io.raftgres.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Converts bytes to text for output. */
final class Text {
    private Text() {}

    /** @return the text, if the bytes are valid UTF-8 */
    static Optional<String> decode(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** @return valid UTF-8 unchanged; otherwise the bytes with all but printable ASCII as {@code \xNN} */
    static String plain(byte[] bytes) {
        return decode(bytes).orElseGet(() -> escapeBytes(bytes));
    }

    /** @return text for one line of a terminal: like {@link #plain}, with control characters escaped too */
    static String oneLine(byte[] bytes) {
        Optional<String> text = decode(bytes);
        if (text.isEmpty()) {
            return escapeBytes(bytes);
        }
        StringBuilder out = new StringBuilder(bytes.length + 8);
        text.get().codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (Character.isISOControl(c)) {
                        out.append("\\x%02X".formatted(c));
                    } else {
                        out.appendCodePoint(c);
                    }
                }
            }
        });
        return out.toString();
    }

    private static String escapeBytes(byte[] bytes) {
        StringBuilder out = new StringBuilder(bytes.length * 2);
        for (byte b : bytes) {
            if (b == '\\') {
                out.append("\\\\");
            } else if (b >= 0x20 && b <= 0x7E) {
                out.append((char) b);
            } else {
                out.append("\\x%02X".formatted(b & 0xFF));
            }
        }
        return out.toString();
    }
}
