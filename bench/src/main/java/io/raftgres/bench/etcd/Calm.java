package io.raftgres.bench.etcd;

import io.raftgres.bench.Format;
import java.util.Locale;

/**
 * How the machine was while a system was measured. What is measured one after the other can only be compared when it
 * was the same for both, and left to them.
 *
 * @param syncMillis median time to make a block durable, before
 * @param others share of the processors that was used by processes that do not belong to it, meanwhile: 0 to 1
 */
record Calm(double syncMillis, double others) {

    private static final double MOST_OTHERS = 0.1;
    private static final double MOST_UNEQUAL = 1.5;

    String text() {
        return "fdatasync of 4 KiB " + Format.millis(syncMillis * 1e6) + " (median), others used at least "
                + String.format(Locale.ROOT, "%.0f %% of the processors", others * 100);
    }

    /** @return whether what was measured in the one and in the other can be compared */
    boolean comparesTo(Calm other) {
        double unequal = syncMillis / other.syncMillis;
        return unequal <= MOST_UNEQUAL
                && unequal >= 1 / MOST_UNEQUAL
                && others <= MOST_OTHERS
                && other.others <= MOST_OTHERS;
    }
}
