package io.raftgres.bench.suite;

import io.raftgres.bench.Format;
import io.raftgres.bench.load.LoadResult;
import io.raftgres.bench.report.SuiteReport.Group;
import io.raftgres.bench.report.SuiteReport.Kill;
import io.raftgres.bench.report.SuiteReport.Load;
import io.raftgres.bench.report.SuiteReport.Row;
import io.raftgres.bench.report.SuiteReport.Tile;
import io.raftgres.bench.report.SuiteReport.Verdict;
import io.raftgres.bench.suite.Suite.Findings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Makes the table from the measurements: the paper's categories, its known figures, and the goals. */
final class Rows {

    static final String LINEARIZABLE = "linearizable reads, 100 clients";
    static final String LOCAL = "local reads, 100 clients";
    static final String MIXED = "half writes, half reads, 100 clients";

    private static final String ONE_WRITE = "writes, 1 client: median";
    private static final String ELECTIONS = "elections that succeed";
    private static final String WORST_GAP = "leader killed: next acknowledged write, worst";
    private static final String LOST = "acknowledged writes lost";
    private static final String ELECTION = "Leader election";
    private static final String HEALTH = "Health and availability";
    private static final String API = "API responsiveness, 1 client";
    private static final String STATE = "State consistency";
    private static final String THROUGHPUT = "Throughput";

    private static final double WRITES_GOAL = 5_000;
    private static final double READS_GOAL = 10_000;

    private Rows() {}

    static String writes(int clients) {
        return String.format(Locale.ROOT, "writes, %,d %s", clients, clients == 1 ? "client" : "clients");
    }

    /** @return good responses a second that a load should reach, 0 for no goal */
    static double goalPerSecond(Group group, String name) {
        if (group != Group.THROUGHPUT) {
            return 0;
        }
        return name.equals(writes(100)) ? WRITES_GOAL : name.equals(LINEARIZABLE) ? READS_GOAL : 0;
    }

    /** The rows to show first, in larger type. */
    static List<Tile> tiles(List<Row> rows) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put(writes(100), "Writes, 100 clients");
        labels.put(LINEARIZABLE, "Linearizable reads, 100 clients");
        labels.put(ONE_WRITE, "Write, 1 client, median");
        labels.put(WORST_GAP, "Leader killed, worst write gap");
        labels.put(ELECTIONS, "Elections that succeed");
        labels.put(LOST, "Acknowledged writes lost");
        List<Tile> tiles = new ArrayList<>();
        labels.forEach((what, label) -> rows.stream()
                .filter(row -> row.what().equals(what))
                .findFirst()
                .ifPresent(row -> tiles.add(new Tile(label, row.ours(), remark(row), row.verdict()))));
        return tiles;
    }

    private static String remark(Row row) {
        return row.goal().isEmpty() ? "" : "goal: " + row.goal() + (row.verdict() == Verdict.MISSED ? ", missed" : "");
    }

    static List<Row> of(List<Load> loads, List<Kill> kills, Findings findings) {
        List<Row> rows = new ArrayList<>();
        elections(rows, kills);
        health(rows, kills, findings);
        for (Load load : loads) {
            if (load.group() == Group.RESPONSIVENESS) {
                rows.add(Row.plain(API, load.name(), latency(load.result())));
            }
        }
        state(rows, findings);
        throughput(rows, loads, findings);
        return rows;
    }

    private static void elections(List<Row> rows, List<Kill> kills) {
        if (kills.isEmpty()) {
            rows.add(Row.plain(ELECTION, ELECTIONS, "not measured").paper("yes"));
            return;
        }
        long succeeded = kills.stream().filter(Kill::succeeded).count();
        rows.add(Row.goal(ELECTION, ELECTIONS, succeeded + " of " + kills.size(), "all", succeeded == kills.size())
                .paper("yes"));
        double[] gaps = kills.stream()
                .mapToDouble(Kill::gapMillis)
                .filter(gap -> !Double.isNaN(gap))
                .sorted()
                .toArray();
        if (gaps.length > 0) {
            boolean all = gaps.length == kills.size();
            double median = median(gaps);
            double worst = gaps[gaps.length - 1];
            rows.add(Row.goal(
                    ELECTION,
                    "leader killed: next acknowledged write, median",
                    millis(median),
                    "400 ms",
                    all && median <= 400));
            rows.add(Row.goal(
                    ELECTION, WORST_GAP, all ? millis(worst) : "never", "below 1,000 ms", all && worst < 1000));
        }
    }

    private static void health(List<Row> rows, List<Kill> kills, Findings findings) {
        rows.add(Row.goal(
                HEALTH,
                "health endpoints that say 200",
                findings.healthGood + " of " + findings.healthAsked,
                "all",
                findings.healthGood == findings.healthAsked));
        if (kills.isEmpty()) {
            return;
        }
        long asked = kills.stream().mapToLong(Kill::asked).sum();
        long answered = kills.stream().mapToLong(Kill::answered).sum();
        rows.add(Row.plain(
                HEALTH,
                "requests answered while leaders were killed",
                String.format(Locale.ROOT, "%.2f %% of %,d", 100.0 * answered / Math.max(1, asked), asked)));
        double longest =
                kills.stream().mapToDouble(Kill::longestWaitMillis).max().orElse(0);
        rows.add(Row.goal(HEALTH, "longest wait of any request then", millis(longest), "5,000 ms", longest <= 5000));
        double[] starts = kills.stream()
                .mapToDouble(Kill::startMillis)
                .filter(ms -> !Double.isNaN(ms))
                .sorted()
                .toArray();
        boolean all = starts.length == kills.size();
        if (starts.length > 0) {
            rows.add(Row.plain(HEALTH, "killed node serves again, median", millis(median(starts))));
        }
        double worst = all ? starts[starts.length - 1] : Double.NaN;
        rows.add(Row.goal(
                HEALTH,
                "killed node serves again, worst",
                all ? millis(worst) : "never",
                "5,000 ms",
                all && worst <= 5000));
    }

    private static void state(List<Row> rows, Findings findings) {
        rows.add(Row.goal(
                STATE,
                "all nodes have one hash at one index",
                findings.hashes.equal() ? "yes" : "no",
                "yes",
                findings.hashes.equal()));
        rows.add(Row.goal(
                STATE,
                LOST,
                count(findings.lost) + " of " + count(findings.ledgerWrites),
                "0",
                findings.lost == 0 && findings.unread == 0 && findings.ledgerWrites > 0));
        rows.add(Row.goal(STATE, "values that no client wrote", count(findings.wrong), "0", findings.wrong == 0));
        rows.add(Row.goal(
                STATE,
                "stale linearizable reads",
                count(findings.staleReads) + " of " + count(findings.ledgerReads),
                "0",
                findings.staleReads == 0 && findings.ledgerReads > 0));
        rows.add(Row.goal(
                        STATE,
                        "written values read back, each from each node twice",
                        count(findings.checked)
                                + (findings.unread > 0 ? ", " + count(findings.unread) + " unanswered" : ""),
                        "all answered",
                        findings.unread == 0)
                .paper("none"));
    }

    private static void throughput(List<Row> rows, List<Load> loads, Findings findings) {
        rows.add(Row.goal(
                        THROUGHPUT,
                        "writes committed in this run",
                        count(findings.writesCommitted),
                        "above 0",
                        findings.writesCommitted > 0)
                .paper("0"));
        for (Load load : loads) {
            LoadResult result = load.result();
            String rate = Format.perSecond(result.throughput()) + failures(result);
            if (load.group() == Group.THROUGHPUT) {
                boolean clean = result.failed() == 0;
                if (load.name().equals(writes(1))) {
                    double median = result.latency().getValueAtPercentile(50) / 1e6;
                    rows.add(Row.plain(THROUGHPUT, load.name(), rate));
                    rows.add(Row.goal(
                            THROUGHPUT, ONE_WRITE, millis(median), "below 2.5 ms", median < 2.5 && result.good() > 0));
                } else if (load.name().equals(writes(100))) {
                    rows.add(Row.goal(
                            THROUGHPUT, load.name(), rate, "5,000/s", clean && result.throughput() >= WRITES_GOAL));
                } else if (load.name().equals(LINEARIZABLE)) {
                    rows.add(Row.goal(
                            THROUGHPUT, load.name(), rate, "10,000/s", clean && result.throughput() >= READS_GOAL));
                } else {
                    rows.add(Row.plain(THROUGHPUT, load.name(), rate));
                }
            } else if (load.group() == Group.OPEN_LOOP) {
                rows.add(Row.plain(THROUGHPUT, "open loop, " + load.name(), latency(result)));
            }
        }
    }

    static double throughput(List<Load> loads, String name) {
        return loads.stream()
                .filter(load -> load.name().equals(name))
                .mapToDouble(load -> load.result().throughput())
                .findFirst()
                .orElseThrow();
    }

    static List<String> notes(SuitePlan plan, Findings findings) {
        List<String> notes = new ArrayList<>();
        notes.add("Paper: 'Raft Distributed Database: Implementation and Evaluation'. Known of its results: its "
                + "elections succeed, its commit index stays at 0, all of its writes time out. '-' means that we "
                + "have no figure of the paper's, not that it measured none.");
        notes.add("The load generator runs on the same machine as the nodes and takes its share of the processors.");
        notes.add("'Next acknowledged write' is the longest silence of acknowledgements around a kill, from the last "
                + "before to the first after, of a probe that writes every 5 ms on average: never shorter than the "
                + "time from SIGKILL.");
        notes.add("'Serves again' counts from the command that starts the node, the launcher's own start included.");
        notes.add("Open loop: requests go out on a fixed schedule and latency counts from the scheduled time, so "
                + "waiting that a stall causes is counted (corrected for coordinated omission).");
        notes.add("Values of " + SuitePlan.VALUE_BYTES + " random bytes, " + count(plan.keys())
                + " keys of 8 bytes, clients spread over all nodes; every write is on a majority's disk before its "
                + "response.");
        if (plan.quick()) {
            notes.add("A quick run: the figures are rough.");
        }
        findings.complaints().forEach(text -> notes.add("FOUND: " + text));
        if (!findings.hashes.equal()) {
            notes.add("FOUND: " + findings.hashes.text());
        }
        return notes;
    }

    private static String latency(LoadResult result) {
        if (result.good() == 0) {
            return "no good response" + failures(result);
        }
        Histogram latency = result.latency();
        return "median " + Format.millis(latency.getValueAtPercentile(50)) + ", p99 "
                + Format.millis(latency.getValueAtPercentile(99)) + failures(result);
    }

    private static String failures(LoadResult result) {
        return result.failed() == 0 ? "" : ", " + count(result.failed()) + " failed";
    }

    private static double median(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static String millis(double millis) {
        return Format.millis(millis * 1e6);
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
