package io.raftgres.sim;

import java.nio.ByteBuffer;

/**
 * A write to the simulated map.
 *
 * @param process the client's process; a new one after each write with an unknown outcome
 * @param number counts the writes of the process; 0: a write without a token, never retried
 * @param key number of the key
 * @param value unique to the write; {@link #DELETE} deletes
 * @param expected mod revision that a compare-and-set expects, 0 for an absent key, {@link #ANY} for a plain put
 * @param padding bytes that only enlarge the command
 */
record Command(int process, int number, int key, int value, long expected, int padding) {
    static final long ANY = -1;
    static final int DELETE = 0;
    private static final int BYTES = 24;

    byte[] encode() {
        return ByteBuffer.allocate(BYTES + padding)
                .putInt(process)
                .putInt(number)
                .putInt(key)
                .putInt(value)
                .putLong(expected)
                .array();
    }

    static Command decode(byte[] data) {
        ByteBuffer buffer = ByteBuffer.wrap(data);
        return new Command(
                buffer.getInt(),
                buffer.getInt(),
                buffer.getInt(),
                buffer.getInt(),
                buffer.getLong(),
                data.length - BYTES);
    }
}
