package io.raftgres.bench.suite;

import io.raftgres.bench.load.Endpoint;
import io.raftgres.bench.report.HtmlReport;
import io.raftgres.bench.report.SuiteReport;
import io.raftgres.bench.report.TextTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs the suite on a {@link FakeCluster}, to look at its output. Run it by hand: its figures say nothing about
 * Raftgres.
 */
final class TrySuite {
    private TrySuite() {}

    public static void main(String[] arguments) throws Exception {
        try (FakeCluster cluster = new FakeCluster()) {
            Path data = Files.createTempDirectory("try");
            SuitePlan plan = new SuitePlan(
                    cluster.launcher(data),
                    false,
                    List.of(new Endpoint("127.0.0.1", cluster.port(0))),
                    1,
                    true,
                    2000,
                    10,
                    0,
                    0,
                    0,
                    0);
            SuiteReport report = new Suite(plan, System.out).run();
            System.out.println(TextTable.of(report));
            Files.writeString(Path.of(arguments[0]), HtmlReport.of(report));
        }
    }
}
