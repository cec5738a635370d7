package io.raftgres.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.raftgres.bench.Json;
import io.raftgres.bench.load.Endpoint;
import io.raftgres.bench.load.LoadPlan;
import io.raftgres.bench.load.LoadResult;
import io.raftgres.bench.report.SuiteReport.Group;
import io.raftgres.bench.report.SuiteReport.Kill;
import io.raftgres.bench.report.SuiteReport.Load;
import io.raftgres.bench.report.SuiteReport.Row;
import io.raftgres.bench.report.SuiteReport.Tile;
import io.raftgres.bench.report.SuiteReport.Verdict;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

/** The reports contain the measurements, can be parsed, and escape all text from outside. */
class SuiteReportTest {

    private static final String EVIL = "<script>alert('1')</script> & \"quoted\" \u0001";

    @Test
    void jsonParsesAndDistinguishesUnknownFromZero() throws Exception {
        JsonNode json = Json.MAPPER.readTree(Json.pretty(JsonReport.of(report())));
        assertTrue(json.path("table").get(0).path("paper").isNull());
        assertEquals("0", json.path("table").get(1).path("paper").asText());
        assertTrue(json.path("kills").get(1).path("gapMillis").isNull(), "no number for what never came");
        JsonNode load = json.path("loads").get(0);
        assertEquals("throughput", load.path("group").asText());
        assertEquals(50.0, load.path("throughput").asDouble(), 1e-9);
        assertEquals(5.0, load.path("latencyMillis").path("p50").asDouble(), 0.1);
        assertEquals(9.9, load.path("latencyMillis").path("p99").asDouble(), 0.1);
        assertEquals(10.0, load.path("latencyMillis").path("max").asDouble(), 0.1);
        assertEquals(EVIL, json.path("conditions").path("Nasty").asText());
    }

    @Test
    void pageIsWellFormedSelfContainedAndEscaped() throws Exception {
        String page = HtmlReport.of(report());
        Document document = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(page.getBytes(StandardCharsets.UTF_8)));
        assertEquals("html", document.getDocumentElement().getTagName());
        assertEquals(0, document.getElementsByTagName("script").getLength());
        assertEquals(0, document.getElementsByTagName("link").getLength());
        assertEquals(0, document.getElementsByTagName("img").getLength());
        assertFalse(page.contains("http"), "nothing is fetched");
        assertFalse(page.contains("url("), "nothing is fetched");
        assertFalse(page.contains("NaN"), "no figure that is none");
        assertTrue(page.contains("prefers-color-scheme: dark"));
        assertTrue(page.contains("name=\"viewport\""));
    }

    @Test
    void pageOfARunThatMeasuredNothingStillRenders() throws Exception {
        SuiteReport empty = new SuiteReport(
                "now",
                false,
                Map.of(),
                List.of(),
                List.of(),
                List.of(new Load(Group.OPEN_LOOP, "nothing", plan(), result(0), 0)),
                List.of(),
                List.of());
        String page = HtmlReport.of(empty);
        DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(page.getBytes(StandardCharsets.UTF_8)));
        assertFalse(page.contains("NaN") || page.contains("Infinity"), page);
        assertFalse(TextTable.of(empty).isEmpty());
    }

    @Test
    void tableIsAligned() {
        String text = TextTable.of(report());
        List<String> lines = new ArrayList<>(text.lines().toList());
        int goal = lines.getFirst().indexOf("goal");
        String speed = lines.stream()
                .filter(line -> line.contains("speed"))
                .findFirst()
                .orElseThrow();
        assertEquals(goal, speed.indexOf("5,000/s"));
        assertTrue(speed.endsWith("missed"), speed);
        assertTrue(lines.stream().noneMatch(line -> line.endsWith(" ")), "no trailing blanks");
    }

    private static SuiteReport report() {
        Row plain = Row.plain("First", EVIL, "12 ms");
        Row goal = Row.goal("Second", "speed", "50/s", "5,000/s", false).paper("0");
        Kill good = new Kill(1, "node1", "node2", 210.5, 900, new double[] {-20, -10, 0, 210.5, 215}, 100, 99, 230);
        Kill bad = new Kill(2, EVIL, null, Double.NaN, Double.NaN, new double[0], 100, 1, 15_000);
        return new SuiteReport(
                "2030-01-01T00:00:00Z",
                true,
                Map.of("Nasty", EVIL),
                List.of(new Tile(EVIL, "1", "goal: 2, missed", Verdict.MISSED)),
                List.of(plain, goal),
                List.of(
                        new Load(Group.THROUGHPUT, EVIL, plan(), result(100), 5000),
                        new Load(Group.OPEN_LOOP, "open", plan(), result(5000), 0)),
                List.of(good, bad),
                List.of(EVIL));
    }

    private static LoadPlan plan() {
        return LoadPlan.closed(List.of(new Endpoint("a", 1)), 1, Duration.ZERO, Duration.ofSeconds(2));
    }

    /** Latencies spread evenly over (0, 10 ms]. */
    private static LoadResult result(int count) {
        Histogram nanos = new Histogram(60_000_000_000L, 3);
        for (int i = 1; i <= count; i++) {
            nanos.recordValue(10_000_000L * i / count);
        }
        return new LoadResult(
                2,
                List.of(new LoadResult.Kind("put", count, nanos, nanos)),
                Map.of("200", (long) count),
                0,
                0,
                Double.NaN,
                2,
                count);
    }
}
