package io.raftgres.bench.report;

import io.raftgres.bench.report.SuiteReport.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes the report for a terminal: aligned columns, plain text. */
public final class TextTable {
    private static final int NOTE_WIDTH = 110;

    private TextTable() {}

    public static String of(SuiteReport report) {
        List<String[]> lines = new ArrayList<>();
        lines.add(new String[] {"", "paper", "Raftgres", "goal", ""});
        String category = "";
        for (Row row : report.rows()) {
            if (!row.category().equals(category)) {
                category = row.category();
                lines.add(new String[] {category});
            }
            lines.add(new String[] {
                "  " + row.what(),
                row.paper(),
                row.ours(),
                row.goal(),
                row.verdict().text()
            });
        }
        return of(lines, report.conditions(), report.notes());
    }

    public static String of(ComparisonReport report) {
        List<String[]> lines = new ArrayList<>();
        lines.add(new String[] {"", "etcd", "Raftgres", "ratio", "goal", ""});
        String workload = "";
        for (ComparisonReport.Row row : report.rows()) {
            if (!row.workload().equals(workload)) {
                workload = row.workload();
                lines.add(new String[] {workload});
            }
            lines.add(new String[] {
                "  " + row.what(),
                row.etcd(),
                row.raftgres(),
                row.ratioText(),
                row.goalText(),
                row.verdict().text()
            });
        }
        return of(lines, report.conditions(), report.notes());
    }

    /** @param lines one cell that spans all columns, or as many cells as the first line has */
    private static String of(List<String[]> lines, Map<String, String> conditions, List<String> notes) {
        int[] widths = new int[lines.getFirst().length];
        for (String[] line : lines) {
            for (int i = 0; i < line.length && line.length > 1; i++) {
                widths[i] = Math.max(widths[i], line[i].length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] line : lines) {
            StringBuilder columns = new StringBuilder(line.length == 1 ? "\n" + line[0] : "");
            for (int i = 0; i < line.length && line.length > 1; i++) {
                columns.append(line[i]).append(" ".repeat(widths[i] - line[i].length() + 2));
            }
            text.append(columns.toString().stripTrailing()).append('\n');
        }
        text.append("\nConditions\n");
        int longest =
                conditions.keySet().stream().mapToInt(String::length).max().orElse(0);
        for (Map.Entry<String, String> condition : conditions.entrySet()) {
            text.append("  ")
                    .append(condition.getKey())
                    .append(" ".repeat(longest - condition.getKey().length() + 2))
                    .append(condition.getValue())
                    .append('\n');
        }
        text.append('\n');
        notes.forEach(note -> wrap(text, note));
        return text.toString();
    }

    private static void wrap(StringBuilder text, String note) {
        int column = 0;
        for (String word : note.split(" ")) {
            if (column == 0) {
                text.append("- ");
                column = 2;
            } else if (column + 1 + word.length() > NOTE_WIDTH) {
                text.append("\n  ");
                column = 2;
            } else {
                text.append(' ');
                column++;
            }
            text.append(word);
            column += word.length();
        }
        text.append('\n');
    }
}
