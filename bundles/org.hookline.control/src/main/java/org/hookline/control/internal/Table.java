// SPDX-License-Identifier: Apache-2.0
package org.hookline.control.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Rows of cells in aligned columns. */
final class Table {
    private final Set<Integer> right;
    private final List<List<String>> rows = new ArrayList<>();

    /**
     * Makes an empty table.
     *
     * @param right the columns, from 0, that are aligned to the right
     */
    Table(Integer... right) {
        this.right = Set.of(right);
    }

    /**
     * Adds a row.
     *
     * @param cells its cells
     */
    void row(String... cells) {
        rows.add(List.of(cells));
    }

    /** {@return the rows as lines} */
    List<String> lines() {
        int columns = rows.stream().mapToInt(List::size).max().orElse(0);
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                widths[i] = Math.max(widths[i], row.get(i).codePointCount(0, row.get(i).length()));
            }
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                String cell = row.get(i);
                String fill = " ".repeat(widths[i] - cell.codePointCount(0, cell.length()));
                line.append(i == 0 ? "" : "  ").append(right.contains(i) ? fill + cell : cell + fill);
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }
}
