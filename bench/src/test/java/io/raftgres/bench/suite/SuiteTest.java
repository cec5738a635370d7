package io.raftgres.bench.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.bench.load.Endpoint;
import io.raftgres.bench.report.SuiteReport;
import io.raftgres.bench.report.SuiteReport.Kill;
import io.raftgres.bench.report.SuiteReport.Row;
import io.raftgres.bench.report.SuiteReport.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the whole suite against a stand-in for the cluster: it measures the stand-in, and finds its faults. */
@Tag("long")
class SuiteTest {

    @TempDir
    Path data;

    @Test
    void measuresEveryCategoryAndTheKills() throws IOException {
        try (FakeCluster cluster = new FakeCluster()) {
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            SuiteReport report = run(cluster, printed);

            assertEquals(
                    Set.of(
                            "Leader election",
                            "Health and availability",
                            "API responsiveness, 1 client",
                            "State consistency",
                            "Throughput"),
                    report.rows().stream().map(Row::category).collect(Collectors.toSet()));
            assertEquals(2, report.kills().size());
            for (Kill kill : report.kills()) {
                assertTrue(kill.succeeded(), kill.toString());
                // The stand-in is silent for the whole time; the last response before may come late.
                assertTrue(kill.gapMillis() >= FakeCluster.ELECTION_MILLIS / 2, kill.toString());
                assertTrue(kill.startMillis() > 0, kill.toString());
                assertTrue(kill.answered() > 0 && kill.answered() <= kill.asked(), kill.toString());
            }
            assertEquals("node1", report.kills().getFirst().victim());
            assertEquals("node2", report.kills().getFirst().successor());
            assertEquals(
                    Verdict.OK,
                    verdict(report, "acknowledged writes lost"),
                    report.notes().toString());
            assertEquals(Verdict.OK, verdict(report, "stale linearizable reads"));
            assertEquals(Verdict.OK, verdict(report, "all nodes have one hash at one index"));
            assertEquals(6, report.tiles().size());
            assertInventsNothingAboutThePaper(report);
            assertTrue(printed.toString(StandardCharsets.UTF_8).contains("[20/20]"), printed::toString);
            assertFalse(printed.toString(StandardCharsets.UTF_8).contains("[21/"), printed::toString);
        }
    }

    @Test
    void aClusterThatLosesWritesMissesTheGoal() throws IOException {
        try (FakeCluster cluster = new FakeCluster()) {
            cluster.losesEvery = 40;
            SuiteReport report = run(cluster, new ByteArrayOutputStream());
            assertEquals(Verdict.MISSED, verdict(report, "acknowledged writes lost"));
            assertTrue(report.notes().stream().anyMatch(note -> note.startsWith("FOUND: ")));
        }
    }

    /** The report has only the three known figures of the paper. */
    private static void assertInventsNothingAboutThePaper(SuiteReport report) {
        List<String> known = report.rows().stream()
                .filter(row -> !row.paper().equals(SuiteReport.NOT_KNOWN))
                .map(row -> row.what() + ": " + row.paper())
                .toList();
        assertEquals(
                List.of(
                        "elections that succeed: yes",
                        "written values read back, each from each node twice: none",
                        "writes committed in this run: 0"),
                known);
    }

    private SuiteReport run(FakeCluster cluster, ByteArrayOutputStream printed) {
        SuitePlan plan = new SuitePlan(
                cluster.launcher(data),
                false,
                List.of(new Endpoint("127.0.0.1", cluster.port(0))),
                0.2,
                true,
                200,
                2,
                0,
                0,
                0,
                0);
        return new Suite(plan, new PrintStream(printed, true, StandardCharsets.UTF_8)).run();
    }

    private static Verdict verdict(SuiteReport report, String what) {
        return report.rows().stream()
                .filter(row -> row.what().equals(what))
                .findFirst()
                .orElseThrow()
                .verdict();
    }
}
