package io.raftgres.node.etcd.gateway;

/**
 * Estimates the heap that JSON needs while it becomes a message. A tree may have many times the size of its text: of
 * <code>[{},{},{}]</code> each three bytes become an object with a table of its own, and a message.
 */
final class JsonWeight {

    /** For each brace, bracket, comma and colon outside of strings: a value has at least one of them next to it. */
    private static final int VALUE_BYTES = 160;

    /** Of the text: a string, and what it is decoded to. */
    private static final int TEXT_TIMES = 2;

    private JsonWeight() {}

    /** @return bytes, roughly and rather too many, besides those of the text itself */
    static long of(byte[] json, int length) {
        long values = 1;
        boolean inString = false;
        for (int i = 0; i < length; i++) {
            byte next = json[i];
            if (inString) {
                if (next == '\\') {
                    i++;
                } else {
                    inString = next != '"';
                }
                continue;
            }
            switch (next) {
                case '"' -> inString = true;
                case '{', '[', ',', ':' -> values++;
                default -> {}
            }
        }
        return VALUE_BYTES * values + (long) TEXT_TIMES * length;
    }
}
