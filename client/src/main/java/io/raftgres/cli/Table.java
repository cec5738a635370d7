package io.raftgres.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Prints rows in columns as they arrive. The first {@value #MEASURED} rows set the widths, so that memory does not grow
 * with the table.
 */
final class Table {

    static final int MEASURED = 200;
    private static final int WIDEST = 60;
    private static final String GAP = "  ";

    private final PrintWriter out;
    private final int columns;
    private final List<List<String>> waiting = new ArrayList<>();
    private int[] widths;

    Table(PrintWriter out, String... headings) {
        this.out = out;
        this.columns = headings.length;
        waiting.add(List.of(headings));
    }

    void row(Object... cells) {
        if (cells.length != columns) {
            throw new IllegalArgumentException(cells.length + " cells for " + columns + " columns");
        }
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(cell == null ? "-" : cell.toString());
        }
        if (widths != null) {
            print(row);
            return;
        }
        waiting.add(row);
        if (waiting.size() > MEASURED) {
            flush();
        }
    }

    /** Prints the rows that are still held back. Call it when the table is complete. */
    void flush() {
        if (widths == null) {
            widths = new int[columns];
            for (List<String> row : waiting) {
                for (int i = 0; i < columns; i++) {
                    widths[i] = Math.max(widths[i], Math.min(WIDEST, length(row.get(i))));
                }
            }
            waiting.forEach(this::print);
            waiting.clear();
        }
        out.flush();
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    private void print(List<String> row) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < columns; i++) {
            line.append(row.get(i));
            if (i < columns - 1) {
                line.append(" ".repeat(Math.max(0, widths[i] - length(row.get(i)))))
                        .append(GAP);
            }
        }
        out.println(line);
    }
}
