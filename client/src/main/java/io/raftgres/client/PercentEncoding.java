package io.raftgres.client;

import java.nio.charset.StandardCharsets;

/** Bytes in URLs. */
final class PercentEncoding {
    private PercentEncoding() {}

    private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

    /**
     * Percent-encodes all but letters, digits, '-' and '_', so that no path segment can be mistaken for '.' or '..'.
     */
    static String percent(byte[] bytes) {
        byte[] out = new byte[bytes.length * 3];
        int length = 0;
        for (byte b : bytes) {
            if (b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_') {
                out[length++] = b;
            } else {
                out[length++] = '%';
                out[length++] = HEX[b >> 4 & 0xF];
                out[length++] = HEX[b & 0xF];
            }
        }
        return new String(out, 0, length, StandardCharsets.US_ASCII);
    }
}
