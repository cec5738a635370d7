package io.raftgres.sim;

import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Records the events: always as a running hash, and as lines of text when there is a reader. */
final class Trace {
    private final Consumer<String> reader;
    private long hash = 1;

    /** @param reader receives the lines; null: none are made */
    Trace(Consumer<String> reader) {
        this.reader = reader;
    }

    void event(long timeUs, int kind, long a, long b) {
        hash = Randomness.mix(hash ^ timeUs * 31 + kind) + a * 0x9E3779B97F4A7C15L + Long.rotateLeft(b, 32);
    }

    boolean isRead() {
        return reader != null;
    }

    void line(long timeUs, Supplier<String> text) {
        if (reader != null) {
            reader.accept(String.format(Locale.ROOT, "%10.3f ms  %s", timeUs / 1000.0, text.get()));
        }
    }

    long hash() {
        return hash;
    }
}
