package io.raftgres.bench;

import io.raftgres.bench.load.Endpoint;
import io.raftgres.bench.suite.Launcher;
import io.raftgres.bench.suite.SuitePlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Options of the suite. */
final class SuiteOptions {

    @Option(
            names = "--endpoint",
            split = ",",
            description = "host:port of a node of a cluster that runs; without it "
                    + "the suite starts a cluster of its own and stops it afterwards")
    private List<String> endpoints = List.of();

    @Option(
            names = "--data",
            description =
                    "with --endpoint: the cluster's directory, so that its leaders can be killed; "
                            + "without: directory for the suite's own cluster, whose data is replaced (default: a temporary one)")
    private Path data;

    @Option(names = "--seconds", description = "measured in each step (default: 10, or 2 with --quick)")
    private Double seconds;

    @Option(names = "--quick", description = "a short run with rough figures")
    private boolean quick;

    @Option(names = "--kills", description = "leaders to kill, one after the other (default: 10)")
    private int kills = 10;

    @Option(names = "--keys", description = "keys to put first (default: 20000, or 2000 with --quick)")
    private Integer keys;

    @Option(names = "--http-port", description = "first REST port of the suite's own cluster (default: 18081)")
    private int httpPort = 18_081;

    @Option(names = "--peer-port", description = "its first peer port (default: 19081)")
    private int peerPort = 19_081;

    @Option(names = "--postgres-port", description = "its first PostgreSQL port (default: 25431)")
    private int postgresPort = 25_431;

    @Option(names = "--etcd-port", description = "its first port for etcd's clients (default: 12379)")
    private int etcdPort = 12_379;

    @Option(names = "--launcher", description = "the raftgres program (default: that of this source tree)")
    private Path launcher;

    @Option(names = "--results", description = "directory for the JSON and the page (default: bench-results)")
    Path results = Path.of("bench-results");

    /** @throws IllegalArgumentException for options that contradict each other */
    SuitePlan plan() {
        boolean own = endpoints.isEmpty();
        Path program = launcher != null ? launcher : Launcher.find();
        if (program == null && (own || data != null)) {
            throw new IllegalArgumentException("no raftgres program found: name it with --launcher");
        }
        Launcher control = null;
        if (own || data != null) {
            Path directory = data != null ? data.toAbsolutePath() : temporary();
            control = new Launcher(List.of(program.toAbsolutePath().toString()), directory);
        }
        return new SuitePlan(
                control,
                own,
                endpoints.stream().map(Endpoint::parse).toList(),
                seconds != null ? seconds : quick ? 2 : 10,
                quick,
                keys != null ? keys : quick ? 2_000 : 20_000,
                kills,
                httpPort,
                peerPort,
                postgresPort,
                etcdPort);
    }

    /** @return whether to delete the data of the suite's own cluster afterwards */
    boolean isTemporary() {
        return data == null;
    }

    /** Not in /tmp if that is in memory: a benchmark of fsync needs a disk. */
    private Path temporary() {
        try {
            Files.createDirectories(results);
            return Files.createTempDirectory(results.toAbsolutePath(), "data-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
