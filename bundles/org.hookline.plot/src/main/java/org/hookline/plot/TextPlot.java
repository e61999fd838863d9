// SPDX-License-Identifier: Apache-2.0
package org.hookline.plot;

import java.util.ArrayList;
import java.util.List;

/** Draws curves with characters. */
public final class TextPlot {
    private static final int MIN_COLUMNS = 20;
    private static final int MIN_ROWS = 3;

    /** The bits of the eight dots of a braille character, by column and row. */
    private static final int[][] DOTS = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};

    private static final int BRAILLE = 0x2800;

    /** What stands for the curves where braille cannot be shown. */
    private static final String LETTERS = "*o+x#";

    private TextPlot() {}

    /**
     * Draws.
     *
     * @param plot what
     * @param columns how wide the whole may be
     * @param rows how high the room for the curves is, in lines; the title and two lines for the axis come to that
     * @param unicode whether braille characters can be shown, which have eight dots each; otherwise ASCII
     * @return the lines, without trailing blanks
     */
    public static List<String> lines(Plot plot, int columns, int rows, boolean unicode) {
        int height = Math.max(MIN_ROWS, rows);
        Axis vertical = plot.vertical();
        List<String> labels = labels(vertical, height);
        int margin = labels.stream().mapToInt(String::length).max().orElse(0);
        int width = Math.max(MIN_COLUMNS, columns - margin - 2);
        char[][] cells = unicode ? braille(plot, width, height) : ascii(plot, width, height);
        List<String> lines = new ArrayList<>();
        lines.add(title(plot, unicode));
        for (int row = 0; row < height; row++) {
            String label = labels.get(row);
            String axis = (label.isEmpty() ? unicode ? "│" : "|" : unicode ? "┤" : "+") + new String(cells[row]);
            lines.add((" ".repeat(margin - label.length()) + label + " " + axis).stripTrailing());
        }
        lines.add(" ".repeat(margin + 1) + (unicode ? "└" : "+") + (unicode ? "─" : "-").repeat(width));
        lines.add(bottom(plot, margin + 2, width));
        return lines;
    }

    private static String title(Plot plot, boolean unicode) {
        StringBuilder title = new StringBuilder(plot.title());
        if (plot.curves().size() > 1) {
            for (int i = 0; i < plot.curves().size(); i++) {
                title.append(i == 0 ? "   " : "  ").append(unicode ? "" : LETTERS.charAt(i % LETTERS.length()) + " ")
                        .append(plot.curves().get(i).name());
            }
        }
        return title.toString();
    }

    /** For each row the value beside it, or empty text. */
    private static List<String> labels(Axis vertical, int height) {
        List<String> labels = new ArrayList<>(java.util.Collections.nCopies(height, ""));
        for (double tick : vertical.ticks(Math.max(2, height / 3))) {
            labels.set((int) Math.round((1 - vertical.place(tick)) * (height - 1)), Axis.show(tick));
        }
        return labels;
    }

    private static String bottom(Plot plot, int indent, int width) {
        Axis horizontal = plot.horizontal();
        StringBuilder line = new StringBuilder(" ".repeat(indent + width));
        int free = 0;
        for (double tick : horizontal.ticks(Math.max(2, width / 14))) {
            String text = Axis.show(tick);
            int at = indent + (int) Math.round(horizontal.place(tick) * (width - 1)) - text.length() / 2;
            int start = Math.clamp(at, 0, Math.max(0, line.length() - text.length()));
            if (start >= free) {
                line.replace(start, start + text.length(), text);
                free = start + text.length() + 2;
            }
        }
        return line.toString().stripTrailing() + "  " + plot.xLabel();
    }

    private static char[][] ascii(Plot plot, int width, int height) {
        char[][] cells = blank(width, height, ' ');
        for (int c = 0; c < plot.curves().size(); c++) {
            char letter = LETTERS.charAt(c % LETTERS.length());
            trace(plot, plot.curves().get(c), width, height, (x, y) -> cells[y][x] = letter);
        }
        return cells;
    }

    private static char[][] braille(Plot plot, int width, int height) {
        char[][] cells = blank(width, height, (char) BRAILLE);
        for (Plot.Curve curve : plot.curves()) {
            trace(plot, curve, 2 * width, 4 * height, (x, y) -> cells[y / 4][x / 2] |= (char) DOTS[x % 2][y % 4]);
        }
        for (char[] row : cells) {
            for (int i = 0; i < row.length; i++) {
                row[i] = row[i] == BRAILLE ? ' ' : row[i];
            }
        }
        return cells;
    }

    private static char[][] blank(int width, int height, char with) {
        char[][] cells = new char[height][width];
        for (char[] row : cells) {
            java.util.Arrays.fill(row, with);
        }
        return cells;
    }

    @FunctionalInterface
    private interface Pen {
        void dot(int x, int y);
    }

    /** In each column from where the curve enters it to where it leaves it: peaks between two columns are not lost. */
    private static void trace(Plot plot, Plot.Curve curve, int width, int height, Pen pen) {
        Axis horizontal = plot.horizontal();
        Axis vertical = plot.vertical();
        int lastX = -1;
        int lastY = -1;
        for (int i = 0; i < curve.x().length; i++) {
            if (!curve.shown(i)) {
                lastX = -1;
                continue;
            }
            int x = (int) Math.round(horizontal.place(curve.x()[i]) * (width - 1));
            int y = (int) Math.round((1 - vertical.place(curve.y()[i])) * (height - 1));
            if (lastX >= 0) {
                line(lastX, lastY, x, y, pen);
            } else {
                pen.dot(x, y);
            }
            lastX = x;
            lastY = y;
        }
    }

    /** A straight line of dots that touch (Bresenham, 1965). */
    private static void line(int fromX, int fromY, int toX, int toY, Pen pen) {
        int dx = Math.abs(toX - fromX);
        int dy = -Math.abs(toY - fromY);
        int stepX = Integer.compare(toX, fromX);
        int stepY = Integer.compare(toY, fromY);
        int error = dx + dy;
        int x = fromX;
        int y = fromY;
        while (true) {
            pen.dot(x, y);
            if (x == toX && y == toY) {
                return;
            }
            int twice = 2 * error;
            if (twice >= dy) {
                error += dy;
                x += stepX;
            }
            if (twice <= dx) {
                error += dx;
                y += stepY;
            }
        }
    }
}
