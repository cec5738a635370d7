package io.raftgres.bench.report;

import io.raftgres.bench.Format;
import io.raftgres.bench.report.Charts.Bar;
import io.raftgres.bench.report.Charts.Series;
import io.raftgres.bench.report.SuiteReport.Group;
import io.raftgres.bench.report.SuiteReport.Load;
import io.raftgres.bench.report.SuiteReport.Row;
import java.util.ArrayList;
import java.util.List;

/** Writes the report as one page without script, font or request. */
public final class HtmlReport {

    private HtmlReport() {}

    public static String of(SuiteReport report) {
        Markup page = Page.begin(
                "Raftgres benchmark",
                report.started(),
                report.quick(),
                report.rows().stream().map(Row::verdict).toList());
        Page.tiles(page, report.tiles());
        charts(page, report);
        table(page, report.rows());
        return Page.end(page, report.conditions(), report.notes());
    }

    private static void charts(Markup page, SuiteReport report) {
        page.open("div", "class", "charts");
        if (!report.kills().isEmpty()) {
            page.open("section", "class", "wide").leaf("h2", "Leaders killed");
            page.leaf(
                    "p",
                    "Each row is one SIGKILL of the leader. Ticks are acknowledged writes, the bar is the time "
                            + "without any.");
            page.raw(Charts.kills(report.kills(), "Time without acknowledged writes after each kill"))
                    .close("section");
        }
        page.open("section").leaf("h2", "Throughput");
        page.leaf("p", "Good responses a second, closed loop. The mark is the goal.");
        page.raw(Charts.bars(bars(report), "Throughput")).close("section");
        latencies(
                page,
                "Latency at a fixed rate",
                "Open loop, at half the throughput found. Solid: from when the "
                        + "request was due. Dashed: from when it was sent, which leaves out the waiting before and flatters.",
                openLoop(report));
        latencies(
                page,
                "Latency with one client",
                "Each kind of request by itself, with no other load. "
                        + "Every line ends where fewer than ten requests were slower.",
                series(report, Group.RESPONSIVENESS));
        latencies(
                page,
                "Latency at full load",
                "Closed loop: clients send as soon as they have their response, so "
                        + "this is the price of the throughput above.",
                series(report, Group.THROUGHPUT));
        page.close("div");
    }

    private static void latencies(Markup page, String title, String remark, List<Series> series) {
        page.open("section").leaf("h2", title).leaf("p", remark);
        page.raw(Charts.latencies(series, title)).close("section");
    }

    private static List<Bar> bars(SuiteReport report) {
        List<Bar> bars = new ArrayList<>();
        for (Load load : report.loads()) {
            if (load.group() == Group.THROUGHPUT) {
                double rate = load.result().throughput();
                String label = Format.perSecond(rate)
                        + (load.goalPerSecond() > 0 ? " (goal " + Format.perSecond(load.goalPerSecond()) + ")" : "");
                bars.add(new Bar(load.name(), rate, load.goalPerSecond(), label));
            }
        }
        return bars;
    }

    private static List<Series> series(SuiteReport report, Group group) {
        List<Series> series = new ArrayList<>();
        for (Load load : report.loads()) {
            if (load.group() == group) {
                series.add(new Series(load.name(), load.result().latency(), series.size(), false));
            }
        }
        return series;
    }

    private static List<Series> openLoop(SuiteReport report) {
        List<Series> series = new ArrayList<>();
        for (Load load : report.loads()) {
            if (load.group() == Group.OPEN_LOOP) {
                int colour = series.size() / 2;
                series.add(new Series(load.name(), load.result().latency(), colour, false));
                series.add(
                        new Series(load.name() + ", from sending", load.result().service(), colour, true));
            }
        }
        return series;
    }

    private static void table(Markup page, List<Row> rows) {
        page.open("section", "class", "table")
                .leaf("h2", "All figures")
                .open("table")
                .open("thead")
                .open("tr");
        for (String head : List.of("", "Paper", "Raftgres", "Goal", "")) {
            page.leaf("th", head);
        }
        page.close("tr").close("thead").open("tbody");
        String category = "";
        for (Row row : rows) {
            if (!row.category().equals(category)) {
                category = row.category();
                page.open("tr", "class", "category")
                        .leaf("th", category, "colspan", 5)
                        .close("tr");
            }
            page.open("tr").leaf("td", row.what(), "class", "what");
            page.leaf("td", row.paper(), "data-label", "Paper").leaf("td", row.ours(), "data-label", "Raftgres");
            page.leaf("td", row.goal(), "data-label", row.goal().isEmpty() ? "" : "Goal");
            page.leaf(
                            "td",
                            row.verdict().text(),
                            "class",
                            "verdict " + row.verdict().text())
                    .close("tr");
        }
        page.close("tbody").close("table").close("section");
    }
}
