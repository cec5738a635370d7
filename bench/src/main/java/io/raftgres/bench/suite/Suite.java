package io.raftgres.bench.suite;

import io.raftgres.bench.Format;
import io.raftgres.bench.load.Endpoint;
import io.raftgres.bench.load.FixedWorkload;
import io.raftgres.bench.load.KvWorkload;
import io.raftgres.bench.load.KvWorkload.Mix;
import io.raftgres.bench.load.LoadGenerator;
import io.raftgres.bench.load.LoadPlan;
import io.raftgres.bench.load.LoadResult;
import io.raftgres.bench.load.Workload;
import io.raftgres.bench.report.SuiteReport;
import io.raftgres.bench.report.SuiteReport.Group;
import io.raftgres.bench.report.SuiteReport.Kill;
import io.raftgres.bench.report.SuiteReport.Load;
import io.raftgres.bench.report.SuiteReport.Row;
import io.raftgres.bench.suite.ClusterApi.Node;
import java.io.PrintStream;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Runs the suite: the paper's five categories on one cluster, one after the other. */
public final class Suite {

    private static final long SEED = 20_260_701;
    /** Number of steps, without the start of a cluster. */
    private static final int STEPS = 20;

    private static final double SECONDS_A_KILL = 9;
    private static final double SECONDS_TO_START = 15;
    private static final Duration SPARE = Duration.ofMillis(300);

    private record Step(Group group, String name, int clients, Workload workload, List<Endpoint> endpoints) {}

    private final SuitePlan plan;
    private final PrintStream out;
    private final List<Load> loads = new ArrayList<>();
    private final List<Kill> kills = new ArrayList<>();
    private final Findings findings = new Findings();
    private SuiteProgress progress;

    public Suite(SuitePlan plan, PrintStream out) {
        this.plan = plan;
        this.out = out;
    }

    /**
     * Runs all categories. Stops its own cluster in any case.
     *
     * @throws RuntimeException when the cluster does not start, or does not become healthy
     */
    public SuiteReport run() {
        String started = ZonedDateTime.now()
                .truncatedTo(ChronoUnit.SECONDS)
                .toOffsetDateTime()
                .toString();
        Map<String, String> conditions =
                Conditions.of(plan.launcher() == null ? null : plan.launcher().data());
        progress = new SuiteProgress(out, plan.own() ? STEPS + 1 : STEPS, secondsPlanned());
        try (OwnCluster cluster = plan.own() ? new OwnCluster(plan.launcher()) : null;
                ClusterApi api = new ClusterApi()) {
            if (cluster != null) {
                progress.step("start three nodes", SECONDS_TO_START);
                cluster.up(plan);
            }
            measure(api, conditions);
        }
        List<Row> rows = Rows.of(loads, kills, findings);
        return new SuiteReport(
                started, plan.quick(), conditions, Rows.tiles(rows), rows, loads, kills, Rows.notes(plan, findings));
    }

    private double secondsPlanned() {
        double loading = 12 * plan.seconds() + 16 * (plan.warmupSeconds() + SPARE.toMillis() / 1e3);
        return (plan.own() ? SECONDS_TO_START : 0) + loading + 6 + plan.keys() / 3000.0 + plan.kills() * SECONDS_A_KILL;
    }

    private void measure(ClusterApi api, Map<String, String> conditions) {
        Endpoint anyone = plan.own()
                ? new Endpoint("127.0.0.1", plan.httpPort())
                : plan.endpoints().getFirst();
        List<Node> nodes = api.nodes(anyone);
        String run = Long.toString(System.currentTimeMillis(), 36);
        Ledger ledger = new Ledger(run, Kills.CLIENTS, SEED);
        Kills killer = new Kills(plan.launcher(), api, nodes, ledger);
        Node leader = killer.awaitHealthy();
        conditions.put(
                "Nodes", nodes.size() + ", all on this machine: " + (plan.launcher() != null ? "yes" : "not known"));
        conditions.put(
                "Raftgres",
                api.view(leader.endpoint()).map(ClusterApi.View::version).orElse("not known"));
        conditions.put(
                "PostgreSQL",
                plan.launcher() == null
                        ? "not known"
                        : Conditions.postgresVersion(plan.launcher().data()));
        health(api, nodes);
        fill(nodes);
        responsiveness(nodes, leader);
        throughput(nodes);
        openLoop(nodes);
        elections(killer);
        books(killer, ledger, nodes, api);
    }

    private void health(ClusterApi api, List<Node> nodes) {
        progress.step("health of every node", 1);
        for (Node node : nodes) {
            for (String kind : List.of("live", "ready", "started")) {
                findings.healthAsked++;
                if (api.status(node.endpoint(), "/q/health/" + kind) == 200) {
                    findings.healthGood++;
                }
            }
        }
        progress.result(findings.healthGood + " of " + findings.healthAsked + " health endpoints say 200");
    }

    private void fill(List<Node> nodes) {
        progress.step("put " + plan.keys() + " keys of " + SuitePlan.VALUE_BYTES + " bytes", plan.keys() / 3000.0);
        LoadPlan filling = LoadPlan.count(endpoints(nodes), 100, plan.keys());
        for (int attempt = 1; attempt <= 3; attempt++) {
            KvWorkload workload = KvWorkload.fill(plan.keys(), SuitePlan.VALUE_BYTES, SEED);
            LoadResult result = new LoadGenerator(filling, workload).run();
            findings.writesCommitted += result.good();
            progress.result(Format.perSecond(result.throughput()) + ", " + result.outcomes());
            if (result.failed() == 0) {
                return;
            }
        }
        throw new IllegalStateException("the keys could not be put without failures in three attempts");
    }

    private void responsiveness(List<Node> nodes, Node leader) {
        List<Endpoint> atLeader = List.of(leader.endpoint());
        List<Endpoint> atFollower = nodes.stream()
                .filter(node -> !node.equals(leader))
                .limit(1)
                .map(Node::endpoint)
                .toList();
        List<Endpoint> other = atFollower.isEmpty() ? atLeader : atFollower;
        Group group = Group.RESPONSIVENESS;
        for (Step step : List.of(
                new Step(group, "PUT, at the leader", 1, keys(Mix.PUTS), atLeader),
                new Step(group, "PUT, at a follower", 1, keys(Mix.PUTS), other),
                new Step(group, "GET linearizable, at the leader", 1, keys(Mix.LINEARIZABLE_GETS), atLeader),
                new Step(group, "GET linearizable, at a follower", 1, keys(Mix.LINEARIZABLE_GETS), other),
                new Step(group, "GET local", 1, keys(Mix.LOCAL_GETS), other),
                new Step(
                        group, "range of 100 keys", 1, new FixedWorkload("range", "/v1/kv?from=4&limit=100"), atLeader),
                new Step(group, "GET /v1/cluster", 1, new FixedWorkload("cluster", "/v1/cluster"), atLeader),
                new Step(group, "GET /q/health/ready", 1, new FixedWorkload("health", "/q/health/ready"), atLeader))) {
            load(step, 0, plan.seconds() / 2);
        }
    }

    private void throughput(List<Node> nodes) {
        List<Endpoint> all = endpoints(nodes);
        for (int clients : new int[] {1, 100, 1000}) {
            load(new Step(Group.THROUGHPUT, Rows.writes(clients), clients, keys(Mix.PUTS), all), 0, plan.seconds());
        }
        load(new Step(Group.THROUGHPUT, Rows.LINEARIZABLE, 100, keys(Mix.LINEARIZABLE_GETS), all), 0, plan.seconds());
        load(new Step(Group.THROUGHPUT, Rows.LOCAL, 100, keys(Mix.LOCAL_GETS), all), 0, plan.seconds());
        load(new Step(Group.THROUGHPUT, Rows.MIXED, 100, keys(Mix.HALF), all), 0, plan.seconds());
    }

    /** Runs at half the rate of the closed loop, so the latencies are those of a cluster that is not overloaded. */
    private void openLoop(List<Node> nodes) {
        List<Endpoint> all = endpoints(nodes);
        double writes = Math.max(1, Math.rint(Rows.throughput(loads, Rows.writes(100)) / 2));
        load(
                new Step(Group.OPEN_LOOP, "writes at " + Format.perSecond(writes), 200, keys(Mix.PUTS), all),
                writes,
                plan.seconds());
        double reads = Math.max(1, Math.rint(Rows.throughput(loads, Rows.LINEARIZABLE) / 2));
        load(
                new Step(
                        Group.OPEN_LOOP,
                        "linearizable reads at " + Format.perSecond(reads),
                        200,
                        keys(Mix.LINEARIZABLE_GETS),
                        all),
                reads,
                plan.seconds());
    }

    private void load(Step step, double rate, double seconds) {
        progress.step(step.name(), seconds + plan.warmupSeconds());
        LoadPlan load = new LoadPlan(
                step.endpoints(),
                step.clients(),
                rate,
                nanos(plan.warmupSeconds()),
                nanos(seconds),
                0,
                LoadPlan.TIMEOUT);
        LoadResult result = new LoadGenerator(load, step.workload()).run();
        loads.add(new Load(step.group(), step.name(), load, result, Rows.goalPerSecond(step.group(), step.name())));
        for (LoadResult.Kind kind : result.kinds()) {
            if (kind.name().equals("put")) {
                findings.writesCommitted += kind.good();
            }
        }
        Histogram latency = result.latency();
        progress.result(Format.perSecond(result.throughput()) + ", median "
                + Format.millis(latency.getValueAtPercentile(50)) + ", p99 "
                + Format.millis(latency.getValueAtPercentile(99)) + ", " + result.outcomes());
        ClusterApi.pause(SPARE);
    }

    private void elections(Kills killer) {
        progress.step(plan.kills() + " leaders killed, one after the other", plan.kills() * SECONDS_A_KILL);
        if (plan.launcher() == null) {
            progress.result("left out: the nodes of this cluster cannot be killed from here (see --data)");
            return;
        }
        for (int i = 1; i <= plan.kills(); i++) {
            Kill kill = killer.killLeader(i);
            kills.add(kill);
            progress.result("kill " + i + " of " + plan.kills() + ": "
                    + (kill.succeeded()
                            ? kill.victim() + " -> " + kill.successor() + ", writes again after "
                                    + Format.millis(kill.gapMillis() * 1e6)
                            : "no write was acknowledged, or no leader known, within "
                                    + Kills.ELECTION_TIMEOUT.toSeconds() + " s")
                    + ", " + kill.victim() + " serves again after " + Format.seconds(kill.startMillis() * 1e6));
        }
    }

    private void books(Kills killer, Ledger ledger, List<Node> nodes, ClusterApi api) {
        if (ledger.entries().isEmpty()) {
            LoadPlan probes =
                    LoadPlan.open(endpoints(nodes), Kills.CLIENTS, Kills.RATE, Duration.ZERO, nanos(plan.seconds()));
            new LoadGenerator(probes, ledger).run();
        }
        progress.step("read back every acknowledged write, on every node", 5);
        killer.awaitHealthy();
        findings.hashes = HashCheck.of(api, nodes);
        for (Node node : nodes) {
            findings.add(LedgerAudit.of(ledger, node.endpoint(), false), node.name() + ", linearizable");
            findings.add(LedgerAudit.of(ledger, node.endpoint(), true), node.name() + ", local");
        }
        findings.writesCommitted += ledger.acknowledgedWrites();
        findings.ledgerWrites = ledger.acknowledgedWrites();
        findings.ledgerReads = ledger.checkedReads();
        findings.staleReads = ledger.staleReads();
        findings.complaints.addAll(ledger.complaints());
        progress.result(findings.ledgerWrites + " acknowledged writes: " + findings.lost + " lost, " + findings.wrong
                + " wrong; " + findings.ledgerReads + " reads: " + findings.staleReads + " stale; "
                + findings.hashes.text());
    }

    private Workload keys(Mix mix) {
        return new KvWorkload(mix, plan.keys(), SuitePlan.VALUE_BYTES, SEED + loads.size());
    }

    private static List<Endpoint> endpoints(List<Node> nodes) {
        return nodes.stream().map(Node::endpoint).toList();
    }

    private static Duration nanos(double seconds) {
        return Duration.ofNanos((long) (seconds * 1e9));
    }

    /** Counters of the whole run. */
    static final class Findings {
        int healthAsked;
        int healthGood;
        long writesCommitted;
        long ledgerWrites;
        long ledgerReads;
        long staleReads;
        long checked;
        long lost;
        long wrong;
        long unread;
        HashCheck hashes = new HashCheck(false, "not compared");
        final List<String> complaints = new ArrayList<>();

        void add(LedgerAudit.Findings audit, String where) {
            checked += audit.checked();
            lost += audit.lost();
            wrong += audit.wrong();
            unread += audit.unread();
            audit.complaints().forEach(text -> complaints.add(where + ": " + text));
        }

        List<String> complaints() {
            return Collections.unmodifiableList(complaints);
        }
    }
}
