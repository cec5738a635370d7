package io.raftgres.node.etcd.gateway;

/**
 * Estimates the heap that JSON needs while it becomes a message. A tree may be many times larger than its text: in
 * <code>[{},{},{}]</code> each three bytes become an object with its own table, and a message.
 */
final class JsonWeight {

    /**
     * Bytes for each brace, bracket, comma and colon outside of strings. Every value has at least one of them next to
     * it.
     */
    private static final int VALUE_BYTES = 160;

    /** Multiple of the text: a string, and its decoded form. */
    private static final int TEXT_TIMES = 2;

    private JsonWeight() {}

    /** @return estimate of the bytes in addition to the text itself; rather too high than too low */
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
