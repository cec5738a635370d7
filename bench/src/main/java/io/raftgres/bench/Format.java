package io.raftgres.bench;

import java.util.Locale;

/** Formats numbers for people, the same in any locale. */
public final class Format {
    private Format() {}

    /** @return about three significant digits: '0.412 ms', '41.2 ms', '4,120 ms' */
    public static String millis(double nanos) {
        return digits(nanos / 1e6) + " ms";
    }

    public static String seconds(double nanos) {
        return String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
    }

    public static String perSecond(double rate) {
        return String.format(Locale.ROOT, "%,.0f/s", rate);
    }

    /** @return such as {@code 50} or {@code 99.9} */
    public static String percentile(double percentile) {
        return percentile == Math.rint(percentile) ? Long.toString((long) percentile) : Double.toString(percentile);
    }

    private static String digits(double value) {
        String pattern = value < 10 ? "%.3f" : value < 100 ? "%.1f" : "%,.0f";
        return String.format(Locale.ROOT, pattern, value);
    }
}
