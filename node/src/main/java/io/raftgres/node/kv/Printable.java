package io.raftgres.node.kv;

/**
 * Replaces characters that some places cannot store or show: PostgreSQL's text has no NUL, and neither PostgreSQL nor
 * JSON has half of a surrogate pair. New names and addresses contain neither; entries of older releases may.
 */
public final class Printable {

    private static final char REPLACEMENT = '\uFFFD';

    private Printable() {}

    /** @return the text with U+FFFD for each such character, or the text itself when it has none; null for null */
    public static String of(String text) {
        if (text == null) {
            return null;
        }
        StringBuilder mended = null;
        for (int at = 0; at < text.length(); at++) {
            char each = text.charAt(at);
            if (Character.isHighSurrogate(each)
                    && at + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(at + 1))) {
                at++;
            } else if (each == 0 || Character.isSurrogate(each)) {
                mended = mended == null ? new StringBuilder(text) : mended;
                mended.setCharAt(at, REPLACEMENT);
            }
        }
        return mended == null ? text : mended.toString();
    }
}
