package io.raftgres.bench.etcd;

import io.raftgres.bench.Format;
import java.util.Locale;

/**
 * The state of the machine while a system was measured. Measurements one after the other can be compared only if the
 * machine was equally free for both.
 *
 * @param syncMillis median time to make a block durable, before the measurement
 * @param others share of the processors that other processes used meanwhile: 0 to 1
 */
record Calm(double syncMillis, double others) {

    private static final double MOST_OTHERS = 0.1;
    private static final double MOST_UNEQUAL = 1.5;

    String text() {
        return "fdatasync of 4 KiB " + Format.millis(syncMillis * 1e6) + " (median), others used at least "
                + String.format(Locale.ROOT, "%.0f %% of the processors", others * 100);
    }

    /** @return whether the two measurements can be compared */
    boolean comparesTo(Calm other) {
        double unequal = syncMillis / other.syncMillis;
        return unequal <= MOST_UNEQUAL
                && unequal >= 1 / MOST_UNEQUAL
                && others <= MOST_OTHERS
                && other.others <= MOST_OTHERS;
    }
}
