package io.raftgres.node.rest;

import java.util.Arrays;

/** Decodes percent-encoding to any bytes (RFC 3986, 2.1). It knows no charset and is strict. */
final class Percent {
    private Percent() {}

    /**
     * @param text as it stood in the request line
     * @param what names the place in the error
     * @return its bytes; '+' is a plus
     * @throws ProblemException 400 for a malformed escape, or a character that must be escaped
     */
    static byte[] decode(String text, int start, int end, String what) {
        byte[] bytes = new byte[end - start];
        int length = 0;
        for (int i = start; i < end; i++) {
            char c = text.charAt(i);
            if (c == '%') {
                int high = i + 2 < end ? digit(text.charAt(i + 1)) : -1;
                int low = i + 2 < end ? digit(text.charAt(i + 2)) : -1;
                if (high < 0 || low < 0) {
                    throw malformed(what, i - start, "'%' must be followed by two hexadecimal digits");
                }
                bytes[length++] = (byte) (high << 4 | low);
                i += 2;
            } else if (c <= ' ' || c >= 0x7F || c == '#') {
                throw malformed(what, i - start, "this character must be percent-encoded");
            } else {
                bytes[length++] = (byte) c;
            }
        }
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    private static ProblemException malformed(String what, int offset, String why) {
        return Problem.invalid(what + " at offset " + offset + ": " + why);
    }

    private static int digit(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        int lower = c | 0x20;
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }
}
