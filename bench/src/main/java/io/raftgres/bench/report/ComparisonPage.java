package io.raftgres.bench.report;

import io.raftgres.bench.report.Charts.Bar;
import io.raftgres.bench.report.ComparisonReport.Row;
import io.raftgres.bench.report.SuiteReport.Tile;
import java.util.List;

/** Writes the comparison with etcd as a page. */
public final class ComparisonPage {
    private ComparisonPage() {}

    public static String of(ComparisonReport report) {
        Markup page = Page.begin(
                "Raftgres next to etcd",
                report.started(),
                report.quick(),
                report.rows().stream().map(Row::verdict).toList());
        Page.tiles(
                page,
                report.rows().stream()
                        .filter(row -> !Double.isNaN(row.goal()))
                        .map(ComparisonPage::tile)
                        .toList());
        page.open("div", "class", "charts").open("section", "class", "wide").leaf("h2", "Throughput, times etcd's");
        page.leaf("p", "Requests a second that Raftgres answers, divided by those of etcd. The mark is the goal.");
        page.raw(Charts.bars(
                report.rows().stream()
                        .filter(row -> row.throughput() && !Double.isNaN(row.ratio()))
                        .map(ComparisonPage::bar)
                        .toList(),
                "Throughput, times etcd's"));
        page.close("section").close("div");
        table(page, report.rows());
        return Page.end(page, report.conditions(), report.notes());
    }

    private static Tile tile(Row row) {
        return new Tile(
                row.workload() + ": " + row.what(),
                row.ratioText().isEmpty() ? "failed" : row.ratioText(),
                "times etcd's; goal: " + row.goalText(),
                row.verdict());
    }

    private static Bar bar(Row row) {
        return new Bar(
                row.workload(),
                row.ratio(),
                Double.isNaN(row.goal()) ? 0 : row.goal(),
                row.ratioText() + (row.goalText().isEmpty() ? "" : " (goal: " + row.goalText() + ")"));
    }

    private static void table(Markup page, List<Row> rows) {
        page.open("section", "class", "table")
                .leaf("h2", "All figures")
                .open("table")
                .open("thead")
                .open("tr");
        for (String head : List.of("", "etcd", "Raftgres", "Ratio", "Goal", "")) {
            page.leaf("th", head);
        }
        page.close("tr").close("thead").open("tbody");
        String workload = "";
        for (Row row : rows) {
            if (!row.workload().equals(workload)) {
                workload = row.workload();
                page.open("tr", "class", "category")
                        .leaf("th", workload, "colspan", 6)
                        .close("tr");
            }
            page.open("tr").leaf("td", row.what(), "class", "what");
            page.leaf("td", row.etcd(), "data-label", "etcd").leaf("td", row.raftgres(), "data-label", "Raftgres");
            page.leaf("td", row.ratioText(), "data-label", row.ratioText().isEmpty() ? "" : "Ratio");
            page.leaf("td", row.goalText(), "data-label", row.goalText().isEmpty() ? "" : "Goal");
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
