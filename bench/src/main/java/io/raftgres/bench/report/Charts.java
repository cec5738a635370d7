package io.raftgres.bench.report;

import io.raftgres.bench.Format;
import io.raftgres.bench.report.SuiteReport.Kill;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** Draws charts as inline SVG. Colours are CSS variables of the page, so they follow light and dark mode. */
final class Charts {

    /** One line of a latency chart. @param colour from 0 */
    record Series(String name, Histogram nanos, int colour, boolean dashed) {}

    /** @param goal 0 for none */
    record Bar(String name, double value, double goal, String label) {}

    private static final double WIDTH = 520;
    private static final double[] TICKS = {0, 50, 90, 99, 99.9, 99.99};
    /** Points of a line, spread evenly over the decades of slower requests (100 %, 10 %, ...). */
    private static final int POINTS = 80;

    private static final double DECADES = 4;
    private static final int COLOURS = 8;

    private Charts() {}

    /**
     * Latency by percentile, with logarithmic axes; the horizontal one shows the share of slower requests. A line ends
     * where fewer than ten requests were slower, because further percentiles are chance.
     */
    static String latencies(List<Series> all, String label) {
        List<Series> series =
                all.stream().filter(one -> one.nanos().getTotalCount() > 0).toList();
        if (series.isEmpty()) {
            return new Markup()
                    .leaf("p", "Nothing was answered.", "class", "empty")
                    .toString();
        }
        double low = series.stream().mapToDouble(one -> millisAt(one, 0)).min().orElseThrow();
        double high = series.stream()
                .mapToDouble(one -> millisAt(one, lastPercentile(one)))
                .max()
                .orElseThrow();
        double bottom = Math.floor(Math.log10(Math.max(low, 0.001)));
        double top = Math.max(Math.ceil(Math.log10(Math.max(high, 0.001))), bottom + 1);
        double left = 58;
        double right = WIDTH - 14;
        double upper = 12;
        double lower = 262;
        Markup svg = svg(300, label);
        for (double decade = bottom; decade <= top; decade++) {
            double y = scale(decade, bottom, top, lower, upper);
            line(svg, "grid", left, y, right, y);
            svg.leaf("text", axisMillis(Math.pow(10, decade)), "x", left - 6, "y", y + 4, "text-anchor", "end");
            for (int i = 2; i < 10 && decade < top; i++) {
                double minor = scale(decade + Math.log10(i), bottom, top, lower, upper);
                line(svg, "grid minor", left, minor, right, minor);
            }
        }
        for (double tick : TICKS) {
            double x = percentileX(tick, left, right);
            line(svg, "grid", x, upper, x, lower);
            String text = tick == 0 ? "" : tick == 50 ? "median" : "p" + trim(tick);
            svg.leaf("text", text, "x", x, "y", lower + 18, "text-anchor", tick == 99.99 ? "end" : "middle");
        }
        svg.leaf(
                "text",
                "share of requests that were as fast or faster",
                "x",
                (left + right) / 2,
                "y",
                lower + 34,
                "text-anchor",
                "middle",
                "class",
                "axis");
        for (Series one : series) {
            StringBuilder points = new StringBuilder();
            for (int point = 0; point <= POINTS; point++) {
                double percentile = 100 - 100 * Math.pow(10, -DECADES * point / POINTS);
                if (percentile <= lastPercentile(one)) {
                    double y = scale(Math.log10(Math.max(millisAt(one, percentile), 0.001)), bottom, top, lower, upper);
                    points.append(String.format(Locale.ROOT, "%.1f,%.1f ", percentileX(percentile, left, right), y));
                }
            }
            svg.empty("polyline", "points", points.toString().strip(), "class", style(one));
        }
        svg.close("svg");
        return svg + legend(series);
    }

    private static String legend(List<Series> series) {
        Markup legend = new Markup().open("ul", "class", "legend");
        for (Series one : series) {
            legend.open("li");
            legend.open("svg", "viewBox", "0 0 26 8", "width", 26, "height", 8, "aria-hidden", "true");
            legend.empty("line", "x1", 0, "y1", 4, "x2", 26, "y2", 4, "class", style(one));
            legend.close("svg").text(" " + one.name()).close("li");
        }
        return legend.close("ul").toString();
    }

    private static String style(Series one) {
        return "line c" + one.colour() % COLOURS + (one.dashed() ? " dashed" : "");
    }

    static String bars(List<Bar> bars, String label) {
        if (bars.isEmpty()) {
            return new Markup().leaf("p", "Not measured.", "class", "empty").toString();
        }
        double most = bars.stream()
                .mapToDouble(bar -> Math.max(bar.value(), bar.goal()))
                .max()
                .orElseThrow();
        double row = 46;
        Markup svg = svg(bars.size() * row + 6, label);
        for (int i = 0; i < bars.size(); i++) {
            Bar bar = bars.get(i);
            double y = i * row;
            double width = most > 0 ? Math.max(1, bar.value() / most * WIDTH) : 1;
            svg.leaf("text", bar.name(), "x", 0, "y", y + 14, "class", "name");
            svg.leaf("text", bar.label(), "x", WIDTH, "y", y + 14, "text-anchor", "end", "class", "value");
            svg.empty("rect", "x", 0, "y", y + 21, "width", WIDTH, "height", 15, "rx", 3, "class", "track");
            svg.empty(
                    "rect",
                    "x",
                    0,
                    "y",
                    y + 21,
                    "width",
                    width,
                    "height",
                    15,
                    "rx",
                    3,
                    "class",
                    bar.goal() > 0 && bar.value() < bar.goal() ? "bar missed" : "bar");
            if (bar.goal() > 0) {
                double x = Math.min(bar.goal() / most * WIDTH, WIDTH - 1);
                svg.empty("line", "x1", x, "x2", x, "y1", y + 17, "y2", y + 40, "class", "goal");
            }
        }
        return svg.close("svg").toString();
    }

    /**
     * A row for each kill: ticks are acknowledged writes, a bar is the silence after the kill, with its length at the
     * end.
     */
    static String kills(List<Kill> kills, String label) {
        double longest = kills.stream()
                .mapToDouble(Kill::gapMillis)
                .filter(gap -> !Double.isNaN(gap))
                .max()
                .orElse(1000);
        double until = Math.max(1000, Math.ceil((longest + 300) / 250) * 250);
        double from = -300;
        double left = 116;
        double right = WIDTH - 74;
        double row = 24;
        double lower = kills.size() * row + 8;
        Markup svg = svg(lower + 40, label);
        double step = until <= 1500 ? 250 : until <= 4000 ? 500 : Math.ceil(until / 8000) * 1000;
        for (double at = 0; at <= until; at += step) {
            double x = scale(at, from, until, left, right);
            line(svg, at == 1000 ? "grid limit" : "grid", x, 4, x, lower);
            String text = at == 0 ? "last ack" : trim(at / 1000) + " s";
            svg.leaf("text", text, "x", x, "y", lower + 16, "text-anchor", "middle");
        }
        svg.leaf(
                "text",
                "time since the last write acknowledged before the kill",
                "x",
                (left + right) / 2,
                "y",
                lower + 33,
                "text-anchor",
                "middle",
                "class",
                "axis");
        for (int i = 0; i < kills.size(); i++) {
            Kill kill = kills.get(i);
            double middle = i * row + 18;
            String who = kill.victim() + " → " + (kill.successor() == null ? "none" : kill.successor());
            svg.leaf("text", who, "x", left - 8, "y", middle + 4, "text-anchor", "end");
            double gap = Double.isNaN(kill.gapMillis()) ? until : kill.gapMillis();
            double x0 = scale(0, from, until, left, right);
            double x1 = scale(gap, from, until, left, right);
            svg.empty("path", "d", ticks(kill, from, until, left, right, middle), "class", "acks");
            svg.empty(
                    "rect",
                    "x",
                    x0,
                    "y",
                    middle - 8,
                    "width",
                    x1 - x0,
                    "height",
                    16,
                    "class",
                    gap < 1000 ? "gap" : "gap missed");
            String length = Double.isNaN(kill.gapMillis()) ? "no more" : Format.millis(gap * 1e6);
            svg.leaf("text", length, "x", WIDTH, "y", middle + 4, "text-anchor", "end", "class", "value");
        }
        return svg.close("svg").toString();
    }

    /** Draws at most one tick for each pixel, to keep the page small. */
    private static String ticks(Kill kill, double from, double until, double left, double right, double middle) {
        boolean[] drawn = new boolean[(int) WIDTH + 1];
        List<String> moves = new ArrayList<>();
        for (double ack : kill.acksMillis()) {
            double x = scale(ack, from, until, left, right);
            if (ack >= from && ack <= until && !drawn[(int) x]) {
                drawn[(int) x] = true;
                moves.add(String.format(Locale.ROOT, "M%d.5 %.0fv12", (int) x, middle - 6));
            }
        }
        return moves.isEmpty() ? "M0 0" : String.join("", moves);
    }

    private static Markup svg(double height, String label) {
        String box = String.format(Locale.ROOT, "0 0 %.0f %.0f", WIDTH, height);
        return new Markup().open("svg", "viewBox", box, "role", "img", "aria-label", label, "class", "chart");
    }

    private static void line(Markup svg, String style, double x1, double y1, double x2, double y2) {
        svg.empty("line", "x1", x1, "y1", y1, "x2", x2, "y2", y2, "class", style);
    }

    private static double scale(double value, double from, double to, double low, double high) {
        return low + (value - from) / (to - from) * (high - low);
    }

    private static double percentileX(double percentile, double left, double right) {
        return scale(Math.log10(100 / (100 - percentile)), 0, DECADES, left, right);
    }

    private static double lastPercentile(Series one) {
        return Math.max(50, 100 - 1000.0 / one.nanos().getTotalCount());
    }

    private static double millisAt(Series one, double percentile) {
        return one.nanos().getValueAtPercentile(percentile) / 1e6;
    }

    private static String axisMillis(double millis) {
        if (millis >= 1000) {
            return trim(millis / 1000) + " s";
        }
        return millis >= 1 ? trim(millis) + " ms" : trim(millis * 1000) + " µs";
    }

    private static String trim(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return text.replaceAll("\\.?0+$", "");
    }
}
