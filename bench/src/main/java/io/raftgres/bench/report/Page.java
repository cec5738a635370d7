package io.raftgres.bench.report;

import io.raftgres.bench.report.SuiteReport.Tile;
import io.raftgres.bench.report.SuiteReport.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Common parts of the pages, which need no script, font or request. */
final class Page {
    private Page() {}

    /** @param started when, ISO 8601 @param verdicts of all figures */
    static Markup begin(String title, String started, boolean quick, List<Verdict> verdicts) {
        Markup page = new Markup();
        page.raw("<!DOCTYPE html>\n").open("html", "lang", "en");
        page.open("head").empty("meta", "charset", "utf-8");
        page.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        page.empty("meta", "name", "color-scheme", "content", "light dark");
        page.leaf("title", title + ", " + started);
        page.raw("<style>\n")
                .raw(style())
                .raw("</style>\n")
                .close("head")
                .open("body")
                .open("main");
        long goals = verdicts.stream()
                .filter(verdict -> verdict == Verdict.OK || verdict == Verdict.MISSED)
                .count();
        long reached =
                verdicts.stream().filter(verdict -> verdict == Verdict.OK).count();
        long failed =
                verdicts.stream().filter(verdict -> verdict == Verdict.FAILED).count();
        page.open("header").leaf("h1", title);
        page.leaf(
                "p",
                started.replace('T', ' ') + (quick ? " · quick run, rough figures" : "") + " · " + reached + " of "
                        + goals + " goals reached" + (failed > 0 ? " · " + failed + " figures failed" : ""),
                "class",
                "sub");
        return page.close("header");
    }

    static void tiles(Markup page, List<Tile> tiles) {
        page.open("div", "class", "tiles");
        for (Tile tile : tiles) {
            page.open("div", "class", ("tile " + tile.verdict().text()).strip())
                    .leaf("div", tile.label(), "class", "label");
            page.leaf("div", tile.value(), "class", "figure")
                    .leaf("div", tile.remark(), "class", "remark")
                    .close("div");
        }
        page.close("div");
    }

    /** Writes the conditions and notes of the figures, and the page's end. */
    static String end(Markup page, Map<String, String> conditions, List<String> notes) {
        page.open("section").leaf("h2", "Conditions").open("dl");
        for (Map.Entry<String, String> condition : conditions.entrySet()) {
            page.leaf("dt", condition.getKey()).leaf("dd", condition.getValue());
        }
        page.close("dl")
                .close("section")
                .open("section")
                .leaf("h2", "How to read this")
                .open("ul", "class", "notes");
        notes.forEach(note -> page.leaf("li", note));
        page.close("ul").close("section");
        return page.close("main").close("body").close("html").toString();
    }

    private static String style() {
        try (InputStream in = Page.class.getResourceAsStream("report.css")) {
            if (in == null) {
                throw new IllegalStateException("report.css is not in the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
