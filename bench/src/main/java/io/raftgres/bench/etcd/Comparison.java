package io.raftgres.bench.etcd;

import io.raftgres.bench.Format;
import io.raftgres.bench.report.ComparisonReport;
import io.raftgres.bench.report.ComparisonReport.Sample;
import io.raftgres.bench.suite.Conditions;
import io.raftgres.bench.suite.SuiteProgress;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Runs every workload against one system and then against the other, never both at a time: on few processors even an
 * idle cluster would take some from the other. The first pass through all workloads is a warm-up for both and does not
 * count.
 */
public final class Comparison {

    /**
     * Seconds of a pass, or of the warm-up, for an etcd on two processors; only to estimate how long the rest takes.
     */
    private static final double SECONDS_A_PASS = 28;

    private static final double SECONDS_TO_START = 10;
    /** The value that is read again and again. */
    private static final String VALUE = "v".repeat(BenchmarkCall.VALUE_BYTES);

    private final BenchmarkProgram benchmark;
    private final ComparisonPlan plan;
    private final PrintStream out;
    private final List<BenchmarkCall> workloads;
    private final List<Sample> samples = new ArrayList<>();
    private final Results results = new Results();
    /** Of each system. */
    private final List<Calm> calms = new ArrayList<>();

    private SuiteProgress progress;

    public Comparison(ComparisonPlan plan, PrintStream out) {
        this.plan = plan;
        this.out = out;
        benchmark = new BenchmarkProgram(plan.programs().benchmark(), plan.directory(), plan.timeout());
        workloads = BenchmarkCall.all(plan.scale());
    }

    /**
     * Runs all workloads. Stops the started clusters in any case.
     *
     * @throws RuntimeException when a cluster does not start
     */
    public ComparisonReport run() {
        String started = ZonedDateTime.now()
                .truncatedTo(ChronoUnit.SECONDS)
                .toOffsetDateTime()
                .toString();
        Map<String, String> conditions = Conditions.machine();
        int steps = plan.passes() + 2;
        progress = new SuiteProgress(
                out, 2 * steps, 2 * (SECONDS_TO_START + (plan.passes() + 1) * SECONDS_A_PASS * plan.scale()));
        try (Web web = new Web()) {
            measure(
                    web,
                    conditions,
                    ComparisonRows.ETCD,
                    () -> new EtcdCluster(plan.programs().etcd(), plan.directory(), web));
            measure(web, conditions, ComparisonRows.RAFTGRES, () -> new RaftgresCluster(plan.raftgres(), web));
        }
        return new ComparisonReport(
                started,
                plan.quick(),
                conditions,
                ComparisonRows.of(workloads, results),
                samples,
                ComparisonRows.notes(plan, workloads, results, calms));
    }

    private void measure(Web web, Map<String, String> conditions, String system, Supplier<Target> starting) {
        progress.step(system + ": start", SECONDS_TO_START);
        double syncMillis = syncMillis();
        Others others = new Others();
        Set<BenchmarkCall> endless = new HashSet<>();
        try (Target target = starting.get()) {
            conditions.putAll(target.conditions());
            web.require(target.put(BenchmarkCall.KEY, VALUE));
            for (int pass = 0; pass <= plan.passes(); pass++) {
                progress.step(
                        system + (pass == 0 ? ": warm-up" : ": pass " + pass + " of " + plan.passes()),
                        SECONDS_A_PASS * plan.scale());
                for (BenchmarkCall workload : workloads) {
                    if (!endless.contains(workload)
                            && measure(system, target, workload, pass).endless()) {
                        endless.add(workload);
                    }
                }
            }
            Calm calm = new Calm(syncMillis, others.share(target.processes()));
            conditions.put("Machine meanwhile, " + system, calm.text());
            calms.add(calm);
        }
    }

    private double syncMillis() {
        try {
            return Conditions.measureSyncs(plan.directory()).getValueAtPercentile(50) / 1e6;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot measure the disk of " + plan.directory(), e);
        }
    }

    private Run measure(String system, Target target, BenchmarkCall workload, int pass) {
        Run run = benchmark.run(workload, target.endpoints());
        if (pass > 0 || run.failed()) {
            results.add(system, workload, run);
        }
        samples.add(new Sample(system, workload.name(), pass, workload.requests(), figures(run), run.failure()));
        List<String> figures = new ArrayList<>();
        if (!run.failed()) {
            for (BenchmarkCall.Measure measure : workload.measures()) {
                figures.add(measure.label() + " " + measure.text(measure.in(run)));
            }
        }
        progress.result(
                workload.name() + ": " + (run.failed() ? "FAILED: " + run.failure() : String.join(", ", figures)));
        return run;
    }

    private static Map<String, Double> figures(Run run) {
        Map<String, Double> figures = new LinkedHashMap<>();
        run.summaries().forEach((title, summary) -> {
            String prefix = title.isEmpty() ? "" : title + " ";
            figures.put(prefix + "answered", (double) summary.count());
            figures.put(prefix + "perSecond", summary.perSecond());
            for (double percentile : new double[] {50, 90, 99, 99.9}) {
                figures.put(prefix + "p" + Format.percentile(percentile) + "Millis", summary.latency(percentile) / 1e6);
            }
        });
        return figures;
    }
}
