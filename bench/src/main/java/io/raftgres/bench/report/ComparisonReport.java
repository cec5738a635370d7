package io.raftgres.bench.report;

import io.raftgres.bench.report.SuiteReport.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What one run of etcd's benchmark against an etcd and Raftgres found.
 *
 * @param started when, ISO 8601
 * @param quick whether it was the short run, whose figures are rough
 * @param conditions what it ran on, in the order to print
 * @param samples each run, in the order they were made, those of the warm-up too
 * @param notes sentences that belong next to the figures
 */
public record ComparisonReport(
        String started,
        boolean quick,
        Map<String, String> conditions,
        List<Row> rows,
        List<Sample> samples,
        List<String> notes) {

    /**
     * One line of the table: a quantity of a workload.
     *
     * @param etcd its figure for people, or that there is none; likewise {@code raftgres}
     * @param throughput whether more is better; otherwise it is a latency
     * @param ratio Raftgres' figure divided by etcd's; NaN when there is none
     * @param goal for the ratio: at least that of a throughput, at most that of a latency; NaN when there is none
     */
    public record Row(
            String workload,
            String what,
            String etcd,
            String raftgres,
            boolean throughput,
            double ratio,
            double goal,
            Verdict verdict) {

        public String ratioText() {
            return Double.isNaN(ratio) ? "" : String.format(Locale.ROOT, "%.2f", ratio);
        }

        public String goalText() {
            return Double.isNaN(goal)
                    ? ""
                    : String.format(Locale.ROOT, "%s %.1f", throughput ? "at least" : "at most", goal);
        }
    }

    /**
     * One run of {@code benchmark}.
     *
     * @param pass 0 for the warm-up
     * @param figures by name: requests a second, and latencies in milliseconds
     * @param failure why the figures do not count; null when they do
     */
    public record Sample(
            String system, String workload, int pass, int requests, Map<String, Double> figures, String failure) {}
}
