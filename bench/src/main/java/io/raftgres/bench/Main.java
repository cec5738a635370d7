package io.raftgres.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.raftgres.bench.etcd.Comparison;
import io.raftgres.bench.etcd.ComparisonPlan;
import io.raftgres.bench.etcd.Programs;
import io.raftgres.bench.report.ComparisonJson;
import io.raftgres.bench.report.ComparisonPage;
import io.raftgres.bench.report.ComparisonReport;
import io.raftgres.bench.report.HtmlReport;
import io.raftgres.bench.report.JsonReport;
import io.raftgres.bench.report.SuiteReport;
import io.raftgres.bench.report.SuiteReport.Verdict;
import io.raftgres.bench.report.TextTable;
import io.raftgres.bench.suite.Launcher;
import io.raftgres.bench.suite.Suite;
import io.raftgres.bench.suite.SuitePlan;
import io.raftgres.cli.local.LocalDataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The command {@code raftgres bench}: runs the suite; with {@code --etcd} the comparison with etcd; with {@code load}
 * one load.
 */
@Command(
        name = "raftgres bench",
        description = "Measures elections, availability, responsiveness, consistency and throughput, or with --etcd "
                + "how fast etcd's clients are served next to etcd itself, and writes a table, JSON and a page. "
                + "Exit code 0: done and all goals reached; 3: done, some missed; 1: failed.",
        subcommands = LoadCommand.class,
        mixinStandardHelpOptions = true)
public final class Main implements Callable<Integer> {

    private static final int MISSED = 3;
    private static final int FAILED = 1;

    @Spec
    private CommandSpec spec;

    @Mixin
    private SuiteOptions options;

    @Mixin
    private ComparisonOptions etcd;

    @Override
    public Integer call() throws IOException {
        SuitePlan plan;
        ComparisonPlan comparison = null;
        try {
            etcd.check(spec.commandLine().getParseResult());
            // Checks the options before it creates directories.
            Programs programs = etcd.asked ? etcd.programs() : null;
            plan = options.plan();
            if (programs != null) {
                comparison = etcd.plan(programs, plan, options.results);
            }
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        int exit;
        try {
            exit = comparison == null ? suite(plan) : compare(comparison);
        } catch (Launcher.Failed | IllegalStateException e) {
            System.err.println("The benchmark failed: " + e.getMessage());
            exit = FAILED;
        }
        if (plan.own() && exit == FAILED) {
            System.err.println("What the nodes said is in " + plan.launcher().data() + "/node*/node.log");
        } else if (plan.own() && options.isTemporary()) {
            LocalDataDirectory.deleteTree(plan.launcher().data());
        }
        return exit;
    }

    private int suite(SuitePlan plan) throws IOException {
        SuiteReport report = new Suite(plan, System.out).run();
        write("", TextTable.of(report), JsonReport.of(report), HtmlReport.of(report));
        return exit(report.rows().stream().map(SuiteReport.Row::verdict).toList());
    }

    private int compare(ComparisonPlan plan) throws IOException {
        ComparisonReport report = new Comparison(plan, System.out).run();
        write("etcd-", TextTable.of(report), ComparisonJson.of(report), ComparisonPage.of(report));
        LocalDataDirectory.deleteTree(plan.directory());
        return exit(report.rows().stream().map(ComparisonReport.Row::verdict).toList());
    }

    /** @param prefix of the files' names */
    private void write(String prefix, String table, ObjectNode figures, String page) throws IOException {
        String name = prefix + LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
        Files.createDirectories(options.results);
        Path json = options.results.resolve(name + ".json");
        Path html = options.results.resolve(name + ".html");
        Files.writeString(json, Json.pretty(figures) + "\n");
        Files.writeString(html, page);
        System.out.println();
        System.out.print(table);
        System.out.println("\n" + json + "\n" + html);
    }

    private static int exit(List<Verdict> verdicts) {
        return verdicts.contains(Verdict.FAILED) ? FAILED : verdicts.contains(Verdict.MISSED) ? MISSED : 0;
    }

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
    }
}
