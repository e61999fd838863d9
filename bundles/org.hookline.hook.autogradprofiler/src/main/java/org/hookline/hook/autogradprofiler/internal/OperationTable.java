// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradprofiler.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.hookline.api.facet.Profiler.Recording;
import org.hookline.api.facet.Profiler.Span;

/** What a recording cost by name: how often, how long with all that is inside, and how long without. */
final class OperationTable {
    /**
     * A line.
     *
     * @param name of the operation, hook or part
     * @param count how often
     * @param totalNanos with all that is inside; inside itself it counts once
     * @param selfNanos without what is inside
     */
    record Line(String name, long count, long totalNanos, long selfNanos) {}

    private static final class Sum {
        private long count;
        private long total;
        private long self;
        private int open;
    }

    private final List<Line> lines;
    private final long all;

    OperationTable(Recording recording) {
        Map<String, Sum> sums = new LinkedHashMap<>();
        Deque<Span> open = new ArrayDeque<>();
        int thread = 0;
        for (Span span : recording.spans()) {
            if (span.thread() != thread) {
                close(open, Long.MAX_VALUE, sums);
                thread = span.thread();
            }
            close(open, span.start(), sums);
            Sum sum = sums.computeIfAbsent(span.name(), n -> new Sum());
            sum.count++;
            sum.self += span.nanos();
            if (sum.open++ == 0) {
                sum.total += span.nanos();
            }
            if (!open.isEmpty()) {
                sums.get(open.peek().name()).self -= span.nanos();
            }
            open.push(span);
        }
        List<Line> found = new ArrayList<>();
        sums.forEach((name, s) -> found.add(new Line(name, s.count, s.total, s.self)));
        found.sort(Comparator.comparingLong(Line::selfNanos).reversed().thenComparing(Line::name));
        lines = List.copyOf(found);
        all = lines.stream().mapToLong(Line::selfNanos).sum();
    }

    private static void close(Deque<Span> open, long time, Map<String, Sum> sums) {
        while (!open.isEmpty() && open.peek().end() <= time) {
            sums.get(open.pop().name()).open--;
        }
    }

    /** {@return the lines, the largest time of its own first} */
    List<Line> lines() {
        return lines;
    }

    /**
     * Shows the table.
     *
     * @param top how many lines at most
     * @return text with a line each, the heading first
     */
    String show(int top) {
        List<Line> shown = lines.subList(0, Math.min(top, lines.size()));
        int width = shown.stream().mapToInt(l -> l.name().length()).max().orElse(0);
        String format = "%-" + Math.max(9, width) + "s  %7s  %12s  %7s  %12s%n";
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, format, "operation", "calls", "self us", "self %", "total us"));
        for (Line line : shown) {
            text.append(String.format(Locale.ROOT, format, line.name(), line.count(),
                    String.format(Locale.ROOT, "%.1f", line.selfNanos() / 1e3),
                    String.format(Locale.ROOT, "%.1f", all == 0 ? 0 : 100.0 * line.selfNanos() / all),
                    String.format(Locale.ROOT, "%.1f", line.totalNanos() / 1e3)));
        }
        return text.toString().replace(System.lineSeparator(), "\n");
    }
}
