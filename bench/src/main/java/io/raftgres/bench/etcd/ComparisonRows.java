package io.raftgres.bench.etcd;

import io.raftgres.bench.report.ComparisonReport.Row;
import io.raftgres.bench.report.SuiteReport.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Makes the table of ratios. */
final class ComparisonRows {

    static final String ETCD = "etcd";
    static final String RAFTGRES = "Raftgres";
    /** Shown in place of a figure; a note gives the reason. */
    private static final String FAILED = "failed";

    private ComparisonRows() {}

    static List<Row> of(List<BenchmarkCall> workloads, Results results) {
        List<Row> rows = new ArrayList<>();
        for (BenchmarkCall workload : workloads) {
            String etcds = results.failure(ETCD, workload);
            String ours = results.failure(RAFTGRES, workload);
            for (BenchmarkCall.Measure measure : workload.measures()) {
                double etcd = etcds == null ? results.median(ETCD, workload, measure) : Double.NaN;
                double raftgres = ours == null ? results.median(RAFTGRES, workload, measure) : Double.NaN;
                rows.add(row(workload, measure, etcd, etcds, raftgres, ours));
            }
        }
        return rows;
    }

    private static Row row(
            BenchmarkCall workload,
            BenchmarkCall.Measure measure,
            double etcd,
            String etcds,
            double raftgres,
            String ours) {
        boolean throughput = measure.quantity().moreIsBetter();
        // Events may come before the response to their put. Their measured time is then zero, and there is no ratio.
        double ratio = etcd > 0 ? raftgres / etcd : Double.NaN;
        Verdict verdict = Verdict.NONE;
        if (etcds != null || ours != null) {
            verdict = Verdict.FAILED;
        } else if (!Double.isNaN(measure.goal())) {
            verdict = Verdict.of(throughput ? ratio >= measure.goal() : ratio <= measure.goal());
        }
        return new Row(
                workload.name(),
                measure.label(),
                etcds == null ? measure.text(etcd) : FAILED,
                ours == null ? measure.text(raftgres) : FAILED,
                throughput,
                ratio,
                measure.goal(),
                verdict);
    }

    static List<String> notes(ComparisonPlan plan, List<BenchmarkCall> workloads, Results results, List<Calm> calms) {
        List<String> notes = new ArrayList<>();
        if (!calms.getFirst().comparesTo(calms.getLast())) {
            notes.add("FOUND: something else used this machine, or its disk was not the same for both (see Conditions):"
                    + " the ratios do not hold. Run it again when there is nothing else to do.");
        }
        for (BenchmarkCall workload : workloads) {
            for (String system : List.of(ETCD, RAFTGRES)) {
                String failure = results.failure(system, workload);
                if (failure != null) {
                    notes.add("FAILED: " + system + ", " + workload.name() + ": " + failure);
                }
            }
        }
        notes.add("Ratio: Raftgres' figure divided by etcd's. Figures are medians of " + plan.passes()
                + (plan.passes() == 1 ? " run" : " runs") + " of etcd's own benchmark program, after a warm-up of one"
                + " run of each workload, the same for both; first all of etcd's, then all of Raftgres', never both at"
                + " a time.");
        notes.add("Both get the same requests over the same connections: "
                + String.format(
                        Locale.ROOT,
                        "%,d",
                        workloads.stream().mapToInt(BenchmarkCall::requests).sum()) + " in each pass. Keys of 8 bytes, "
                + BenchmarkCall.VALUE_BYTES
                + "-byte values; clients spread over all members. Every write is on a majority's"
                + " disk before its response, on both.");
        notes.add("The benchmark program runs on the same machine and takes its share of the processors, the more the"
                + " faster the responses come; so do Raftgres' three PostgreSQLs.");
        notes.add("An event's latency counts from the response to its put: the sooner that comes, the longer the event"
                + " seems to take. One that comes before it counts as 0.");
        notes.add("A workload of which any request failed has no figures.");
        if (plan.quick()) {
            notes.add("A quick run: the figures are rough, and a JVM is not warm yet.");
        }
        return notes;
    }
}
