package io.raftgres.bench;

import io.raftgres.bench.report.HtmlReport;
import io.raftgres.bench.report.JsonReport;
import io.raftgres.bench.report.Report;
import io.raftgres.bench.report.Report.Verdict;
import io.raftgres.bench.report.TextTable;
import io.raftgres.bench.suite.Launcher;
import io.raftgres.bench.suite.Suite;
import io.raftgres.bench.suite.SuitePlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code raftgres bench}: the whole suite; {@code raftgres bench load}: one load. */
@Command(
        name = "raftgres bench",
        description = "Measures elections, availability, responsiveness, consistency and throughput, and writes a "
        + "table, JSON and a page. Exit code 0: done and all goals reached; 3: done, some missed; 1: failed.",
        subcommands = LoadCommand.class,
        mixinStandardHelpOptions = true)
public final class Main implements Callable<Integer> {

    private static final int MISSED = 3;

    @Spec
    private CommandSpec spec;

    @Mixin
    private SuiteOptions options;

    @Override
    public Integer call() throws IOException {
        SuitePlan plan;
        try {
            plan = options.plan();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        Report report;
        try {
            report = new Suite(plan, System.out).run();
        } catch (Launcher.Failed | IllegalStateException e) {
            System.err.println("The benchmark failed: " + e.getMessage());
            if (plan.own()) {
                System.err.println("What the nodes said is in " + plan.launcher().data() + "/node*/node.log");
            }
            return 1;
        }
        String name = LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
        Files.createDirectories(options.results);
        Path json = options.results.resolve(name + ".json");
        Path page = options.results.resolve(name + ".html");
        Files.writeString(json, Json.pretty(JsonReport.of(report)) + "\n");
        Files.writeString(page, HtmlReport.of(report));
        System.out.println();
        System.out.print(TextTable.of(report));
        System.out.println("\n" + json + "\n" + page);
        if (plan.own() && options.isTemporary()) {
            delete(plan.launcher().data());
        }
        List<Report.Row> rows = report.rows();
        return rows.stream().anyMatch(row -> row.verdict() == Verdict.MISSED) ? MISSED : 0;
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
    }
}
