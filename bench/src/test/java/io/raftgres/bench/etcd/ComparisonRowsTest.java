package io.raftgres.bench.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.raftgres.bench.Json;
import io.raftgres.bench.report.ComparisonJson;
import io.raftgres.bench.report.ComparisonPage;
import io.raftgres.bench.report.ComparisonReport;
import io.raftgres.bench.report.ComparisonReport.Row;
import io.raftgres.bench.report.ComparisonReport.Sample;
import io.raftgres.bench.report.SuiteReport.Verdict;
import io.raftgres.bench.report.TextTable;
import io.raftgres.bench.suite.Launcher;
import io.raftgres.bench.suite.SuitePlan;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

class ComparisonRowsTest {

    private static final List<BenchmarkCall> WORKLOADS = BenchmarkCall.all(1);
    private static final BenchmarkCall ONE = WORKLOADS.get(0);
    private static final BenchmarkCall HUNDRED = WORKLOADS.get(1);
    private static final BenchmarkCall WATCH = WORKLOADS.stream()
            .filter(each -> each.command().contains("watch-latency"))
            .findFirst()
            .orElseThrow();

    private final Results results = new Results();

    @Test
    void goalsAreThoseOfThePlan() {
        List<String> goals = WORKLOADS.stream()
                .flatMap(workload -> workload.measures().stream()
                        .filter(measure -> !Double.isNaN(measure.goal()))
                        .map(measure -> workload.name() + ": " + measure.label() + " " + measure.goal()))
                .toList();
        assertEquals(
                List.of(
                        "put, 1 client: median 0.6",
                        "put, 100 clients: throughput 2.0",
                        "put, 1,000 clients: throughput 2.5",
                        "read one key, linearizable, 100 clients: throughput 3.0",
                        "read one key, serializable, 100 clients: throughput 2.0"),
                goals);
    }

    @Test
    void aRatioIsOfMedians_AndALatencyIsToBeLow() {
        add("etcd", ONE, 900, 1.0);
        add("etcd", ONE, 1000, 1.1);
        add("etcd", ONE, 5000, 0.2);
        add("Raftgres", ONE, 2000, 0.55);
        List<Row> rows = rows(ONE);
        assertRow("throughput", "1,000/s", "2,000/s", "2.00", "", Verdict.NONE, rows.get(0));
        assertRow("median", "1.000 ms", "0.550 ms", "0.55", "at most 0.6", Verdict.OK, rows.get(1));
        add("etcd", HUNDRED, 1000, 1);
        add("etcd", HUNDRED, 2000, 1);
        add("Raftgres", HUNDRED, 2999, 1);
        assertRow(
                "throughput",
                "1,500/s",
                "2,999/s",
                "2.00",
                "at least 2.0",
                Verdict.MISSED,
                rows(HUNDRED).getFirst());
    }

    @Test
    void aFailureSpoilsTheWorkloadVisibly() {
        add("etcd", ONE, 1000, 1);
        add("Raftgres", ONE, 2000, 0.5);
        results.add("Raftgres", ONE, new Run(Map.of(), "3 of 4000 failed: no leader", false));
        for (Row row : rows(ONE)) {
            assertEquals("failed", row.raftgres());
            assertEquals(Verdict.FAILED, row.verdict());
            assertTrue(row.ratioText().isEmpty());
        }
        assertEquals("failed", rows(HUNDRED).getFirst().etcd());
        assertEquals(Verdict.FAILED, rows(HUNDRED).getFirst().verdict());
        SuitePlan nodes = new SuitePlan(
                new Launcher(List.of("raftgres"), Path.of("data")), true, List.of(), 1, false, 100, 0, 1, 2, 3, 4);
        ComparisonPlan plan =
                new ComparisonPlan(new Programs(Path.of("etcd"), Path.of("benchmark")), nodes, Path.of("x"), 3, false);
        assertEquals(
                List.of("FAILED: Raftgres, put, 1 client: 3 of 4000 failed: no leader"),
                ComparisonRows.notes(plan, List.of(ONE), results, List.of(new Calm(1, 0), new Calm(1.4, 0.09))).stream()
                        .filter(note -> note.matches("F[A-Z]+: .*"))
                        .toList());
    }

    @Test
    void aMachineThatIsBusyOrChangesMakesNoComparison() {
        Calm calm = new Calm(0.2, 0.02);
        assertTrue(calm.comparesTo(new Calm(0.28, 0)));
        assertFalse(calm.comparesTo(new Calm(0.4, 0.02)));
        assertFalse(new Calm(0.4, 0.02).comparesTo(calm));
        assertFalse(calm.comparesTo(new Calm(0.2, 0.3)));
        assertFalse(new Calm(0.2, 0.3).comparesTo(calm));
    }

    @Test
    void nothingIsDividedByZero() {
        for (String system : List.of("etcd", "Raftgres")) {
            Summary puts = summary(200, 1);
            Summary events = new Summary(60, 20_000, Map.of(99.0, 1e6), Map.of());
            results.add(system, WATCH, new Run(Map.of("put", puts, "watch", events), null, false));
        }
        Row median = rows(WATCH).get(1);
        assertRow("event after its put: median", "0.000 ms", "0.000 ms", "", "", Verdict.NONE, median);
        assertEquals("1.00", rows(WATCH).get(2).ratioText());
    }

    @Test
    void theReportsHoldAllOfIt() throws Exception {
        add("etcd", ONE, 1000, 1);
        add("Raftgres", ONE, 2000, 0.5);
        ComparisonReport report = new ComparisonReport(
                "2030-01-01T00:00:00Z",
                true,
                Map.of("etcd", "<3.7>"),
                ComparisonRows.of(WORKLOADS, results),
                List.of(new Sample(
                        "etcd", ONE.name(), 0, 4000, Map.of("perSecond", 1000.0, "p99Millis", Double.NaN), null)),
                List.of("a note & more"));
        String text = TextTable.of(report);
        List<String> lines = text.lines().toList();
        String median = lines.stream()
                .filter(line -> line.startsWith("  median"))
                .findFirst()
                .orElseThrow();
        assertTrue(median.endsWith("ok"), median);
        assertEquals(lines.getFirst().indexOf("ratio"), median.lastIndexOf("0.50"));
        assertTrue(text.contains("\nput, 1 client\n") && text.contains("failed"), text);

        String page = ComparisonPage.of(report);
        DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(page.getBytes(StandardCharsets.UTF_8)));
        assertFalse(page.contains("NaN") || page.contains("http"), page);
        assertTrue(page.contains("verdict failed") && page.contains("&lt;3.7&gt;"));

        JsonNode json = Json.MAPPER.readTree(Json.pretty(ComparisonJson.of(report)));
        assertEquals(2.0, json.path("table").get(0).path("ratio").asDouble());
        assertTrue(json.path("table").get(0).path("goal").isNull());
        assertTrue(json.path("runs").get(0).path("warmUp").asBoolean());
        assertTrue(json.path("runs").get(0).path("figures").path("p99Millis").isNull());
    }

    private void add(String system, BenchmarkCall workload, double perSecond, double millis) {
        results.add(
                system, workload, new Run(Map.of(BenchmarkOutput.UNTITLED, summary(perSecond, millis)), null, false));
    }

    private static Summary summary(double perSecond, double millis) {
        return new Summary(4000, perSecond, Map.of(50.0, millis * 1e6, 99.0, millis * 3e6), Map.of());
    }

    private List<Row> rows(BenchmarkCall workload) {
        return ComparisonRows.of(List.of(workload), results);
    }

    private static void assertRow(
            String what, String etcd, String raftgres, String ratio, String goal, Verdict verdict, Row row) {
        assertEquals(
                List.of(what, etcd, raftgres, ratio, goal, verdict),
                List.of(row.what(), row.etcd(), row.raftgres(), row.ratioText(), row.goalText(), row.verdict()));
    }
}
