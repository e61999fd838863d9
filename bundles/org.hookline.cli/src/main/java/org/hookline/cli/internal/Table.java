// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.util.ArrayList;
import java.util.List;

/** Rows of cells in aligned columns. */
final class Table {
    private static final String GAP = "  ";

    private final boolean numbered;
    private final List<List<String>> rows = new ArrayList<>();

    /**
     * Makes an empty table.
     *
     * @param numbered whether the first column holds numbers, which are aligned to the right
     */
    Table(boolean numbered) {
        this.numbered = numbered;
    }

    /**
     * Adds a row.
     *
     * @param cells its cells
     * @return this table
     */
    Table row(String... cells) {
        rows.add(List.of(cells));
        return this;
    }

    /** {@return the rows as lines} */
    List<String> lines() {
        List<Integer> widths = new ArrayList<>();
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                int width = width(row.get(i));
                if (i == widths.size()) {
                    widths.add(width);
                } else {
                    widths.set(i, Math.max(widths.get(i), width));
                }
            }
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                String fill = " ".repeat(widths.get(i) - width(row.get(i)));
                boolean right = numbered && i == 0;
                line.append(i == 0 ? "" : GAP).append(right ? fill : "").append(row.get(i)).append(right ? "" : fill);
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
