package io.raftgres.bench.report;

import io.raftgres.bench.Format;
import io.raftgres.bench.report.Charts.Bar;
import io.raftgres.bench.report.Charts.Series;
import io.raftgres.bench.report.Report.Group;
import io.raftgres.bench.report.Report.Load;
import io.raftgres.bench.report.Report.Row;
import io.raftgres.bench.report.Report.Tile;
import io.raftgres.bench.report.Report.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The report as one page that needs nothing else: no script, no font, no request. */
public final class HtmlReport {

    private HtmlReport() {}

    public static String of(Report report) {
        Markup page = new Markup();
        page.raw("<!DOCTYPE html>\n").open("html", "lang", "en");
        page.open("head").empty("meta", "charset", "utf-8");
        page.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        page.empty("meta", "name", "color-scheme", "content", "light dark");
        page.leaf("title", "Raftgres benchmark, " + report.started());
        page.raw("<style>\n").raw(style()).raw("</style>\n").close("head").open("body").open("main");
        header(page, report);
        charts(page, report);
        table(page, report.rows());
        conditions(page, report);
        page.close("main").close("body").close("html");
        return page.toString();
    }

    private static void header(Markup page, Report report) {
        long goals = report.rows().stream().filter(row -> row.verdict() != Verdict.NONE).count();
        long reached = report.rows().stream().filter(row -> row.verdict() == Verdict.OK).count();
        page.open("header").leaf("h1", "Raftgres benchmark");
        page.leaf("p", report.started().replace('T', ' ') + (report.quick() ? " · quick run, rough figures" : "")
                + " · "
                + reached + " of " + goals + " goals reached", "class", "sub");
        page.close("header").open("div", "class", "tiles");
        for (Tile tile : report.tiles()) {
            String style = switch (tile.verdict()) {
                case OK -> "tile ok";
                case MISSED -> "tile missed";
                case NONE -> "tile";
            };
            page.open("div", "class", style).leaf("div", tile.label(), "class", "label");
            page.leaf("div", tile.value(), "class", "figure")
                    .leaf("div", tile.remark(), "class", "remark").close("div");
        }
        page.close("div");
    }

    private static void charts(Markup page, Report report) {
        page.open("div", "class", "charts");
        if (!report.kills().isEmpty()) {
            page.open("section", "class", "wide").leaf("h2", "Leaders killed");
            page.leaf("p", "Each row is one SIGKILL of the leader. Ticks are acknowledged writes, the bar is the time "
                    + "without any.");
            page.raw(Charts.kills(report.kills(), "Time without acknowledged writes after each kill")).close("section");
        }
        page.open("section").leaf("h2", "Throughput");
        page.leaf("p", "Good answers a second, closed loop. The mark is the goal.");
        page.raw(Charts.bars(bars(report), "Throughput")).close("section");
        latencies(page, "Latency at a fixed rate", "Open loop, at half the throughput found. Solid: from when the "
                + "request was due. Dashed: from when it was sent, which leaves out the waiting before and flatters.",
                openLoop(report));
        latencies(page, "Latency with one client", "Each kind of request by itself, nothing else going on. "
                + "Every line ends where fewer than ten requests were slower.",
                series(report, Group.RESPONSIVENESS));
        latencies(page, "Latency at full load", "Closed loop: clients send as soon as they have their answer, so "
                + "this is the price of the throughput above.", series(report, Group.THROUGHPUT));
        page.close("div");
    }

    private static void latencies(Markup page, String title, String remark, List<Series> series) {
        page.open("section").leaf("h2", title).leaf("p", remark);
        page.raw(Charts.latencies(series, title)).close("section");
    }

    private static List<Bar> bars(Report report) {
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

    private static List<Series> series(Report report, Group group) {
        List<Series> series = new ArrayList<>();
        for (Load load : report.loads()) {
            if (load.group() == group) {
                series.add(new Series(load.name(), load.result().latency(), series.size(), false));
            }
        }
        return series;
    }

    private static List<Series> openLoop(Report report) {
        List<Series> series = new ArrayList<>();
        for (Load load : report.loads()) {
            if (load.group() == Group.OPEN_LOOP) {
                int colour = series.size() / 2;
                series.add(new Series(load.name(), load.result().latency(), colour, false));
                series.add(new Series(load.name() + ", from sending", load.result().service(), colour, true));
            }
        }
        return series;
    }

    private static void table(Markup page, List<Row> rows) {
        page.open("section", "class", "table").leaf("h2", "All figures").open("table").open("thead").open("tr");
        for (String head : List.of("", "Paper", "Raftgres", "Goal", "")) {
            page.leaf("th", head);
        }
        page.close("tr").close("thead").open("tbody");
        String category = "";
        for (Row row : rows) {
            if (!row.category().equals(category)) {
                category = row.category();
                page.open("tr", "class", "category").leaf("th", category, "colspan", 5).close("tr");
            }
            page.open("tr").leaf("td", row.what(), "class", "what");
            page.leaf("td", row.paper(), "data-label", "Paper").leaf("td", row.ours(), "data-label", "Raftgres");
            page.leaf("td", row.goal(), "data-label", row.goal().isEmpty() ? "" : "Goal");
            page.leaf("td", row.verdict().text(), "class", "verdict " + row.verdict().text()).close("tr");
        }
        page.close("tbody").close("table").close("section");
    }

    private static void conditions(Markup page, Report report) {
        page.open("section").leaf("h2", "Conditions").open("dl");
        for (Map.Entry<String, String> condition : report.conditions().entrySet()) {
            page.leaf("dt", condition.getKey()).leaf("dd", condition.getValue());
        }
        page.close("dl").close("section").open("section").leaf("h2", "How to read this").open("ul", "class", "notes");
        report.notes().forEach(note -> page.leaf("li", note));
        page.close("ul").close("section");
    }

    private static String style() {
        try (InputStream in = HtmlReport.class.getResourceAsStream("report.css")) {
            if (in == null) {
                throw new IllegalStateException("report.css is not in the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
