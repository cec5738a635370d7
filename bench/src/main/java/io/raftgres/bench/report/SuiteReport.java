package io.raftgres.bench.report;

import io.raftgres.bench.load.LoadPlan;
import io.raftgres.bench.load.LoadResult;
import java.util.List;
import java.util.Map;

/**
 * What one run of the suite found.
 *
 * @param started when, ISO 8601
 * @param quick whether it was the short run, whose figures are rough
 * @param conditions what it ran on, in the order to print
 * @param tiles the few figures to show first
 * @param notes sentences that belong next to the figures
 */
public record SuiteReport(
        String started,
        boolean quick,
        Map<String, String> conditions,
        List<Tile> tiles,
        List<Row> rows,
        List<Load> loads,
        List<Kill> kills,
        List<String> notes) {

    /** The paper's figure is unknown. */
    public static final String NOT_KNOWN = "-";

    public enum Verdict {
        OK("ok"),
        MISSED("missed"),
        /** There is no figure, or it does not count. */
        FAILED("failed"),
        /** There is no goal. */
        NONE("");

        private final String text;

        Verdict(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }

        public static Verdict of(boolean reached) {
            return reached ? OK : MISSED;
        }
    }

    /** One line of the table. @param paper {@link #NOT_KNOWN} when we have no figure of the paper's */
    public record Row(String category, String what, String paper, String ours, String goal, Verdict verdict) {

        public static Row plain(String category, String what, String ours) {
            return new Row(category, what, NOT_KNOWN, ours, "", Verdict.NONE);
        }

        public static Row goal(String category, String what, String ours, String goal, boolean reached) {
            return new Row(category, what, NOT_KNOWN, ours, goal, Verdict.of(reached));
        }

        public Row paper(String figure) {
            return new Row(category, what, figure, ours, goal, verdict);
        }
    }

    public enum Group {
        RESPONSIVENESS,
        THROUGHPUT,
        OPEN_LOOP
    }

    /** @param goalPerSecond 0 for none */
    public record Load(Group group, String name, LoadPlan plan, LoadResult result, double goalPerSecond) {}

    public record Tile(String label, String value, String remark, Verdict verdict) {}

    /**
     * One leader killed.
     *
     * @param victim name; @param successor name of the next leader, null when there was none in time
     * @param gapMillis longest time without an acknowledged write around the kill: from the last one before to the
     *     first one after; NaN when there was none in time
     * @param startMillis from the command that starts the victim again until it serves; NaN when it did not in time
     * @param acksMillis when writes were acknowledged, relative to the last one before the gap; from 0.5 s before on
     * @param asked requests made while the leader was killed and started again; @param answered those with a good
     *     response
     * @param longestWaitMillis of any of those requests until it ended, well or not
     */
    public record Kill(
            int number,
            String victim,
            String successor,
            double gapMillis,
            double startMillis,
            double[] acksMillis,
            long asked,
            long answered,
            double longestWaitMillis) {

        public boolean succeeded() {
            return successor != null && !Double.isNaN(gapMillis);
        }
    }
}
