package io.raftgres.bench;

import io.raftgres.bench.etcd.ComparisonPlan;
import io.raftgres.bench.etcd.Programs;
import io.raftgres.bench.suite.SuitePlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** Options of the comparison with etcd. */
final class ComparisonOptions {

    private static final List<String> OF_THE_SUITE = List.of("--endpoint", "--seconds", "--kills", "--keys");
    private static final List<String> OF_THE_COMPARISON = List.of("--etcd-bin", "--passes");

    @Option(
            names = "--etcd",
            description = "instead of the suite: etcd's own 'benchmark' program against an etcd of "
                    + "three members and then against three nodes, each started and stopped by itself: puts, reads, "
                    + "transactions, watches, leases, and a table of ratios; about six minutes, or two with --quick")
    boolean asked;

    @Option(
            names = "--etcd-bin",
            description = "directory with the programs 'etcd' and 'benchmark' (default: those of "
                    + "PATH, then $KUBE_HOME/bin or ~/.cache/kube/bin)")
    private Path directory;

    @Option(
            names = "--passes",
            description =
                    "runs of each workload that count, after one that does not (default: 3, " + "or 1 with --quick)")
    private Integer passes;

    /** @throws IllegalArgumentException for options that exclude each other */
    void check(ParseResult given) {
        for (String option : asked ? OF_THE_SUITE : OF_THE_COMPARISON) {
            if (given.hasMatchedOption(option)) {
                throw new IllegalArgumentException(option + (asked ? " does not go with --etcd" : " needs --etcd"));
            }
        }
        if (passes != null && (passes < 1 || passes > ComparisonPlan.MOST_PASSES)) {
            throw new IllegalArgumentException("passes must be 1 to " + ComparisonPlan.MOST_PASSES);
        }
    }

    /** @throws IllegalArgumentException when etcd's programs are not found */
    Programs programs() {
        return Programs.find(directory, System.getenv());
    }

    /**
     * @param raftgres options with the ports and the launcher
     * @param results directory on the disk that is measured
     */
    ComparisonPlan plan(Programs programs, SuitePlan raftgres, Path results) {
        try {
            Files.createDirectories(results);
            return new ComparisonPlan(
                    programs,
                    raftgres,
                    Files.createTempDirectory(results.toAbsolutePath(), "etcd-"),
                    passes != null ? passes : raftgres.quick() ? 1 : 3,
                    raftgres.quick());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
