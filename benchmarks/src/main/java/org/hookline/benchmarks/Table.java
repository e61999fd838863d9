// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Medians and ratios of neighbouring stretches. */
final class Table {
    private Table() {}

    static double median(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        sorted.sort(Double::compare);
        int n = sorted.size();
        return n % 2 == 1 ? sorted.get(n / 2) : (sorted.get(n / 2 - 1) + sorted.get(n / 2)) / 2;
    }

    /** {@return how many times faster the second is than the first, stretch by stretch} */
    static List<Double> ratios(Turns.Seat slower, Turns.Seat faster) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < Math.min(slower.times().size(), faster.times().size()); i++) {
            ratios.add(slower.times().get(i) / faster.times().get(i));
        }
        return ratios;
    }

    static String header() {
        return """
                | work | threads | Hookline, ms | peer | peer, ms | peer / Hookline: median (min to max) |
                | --- | ---: | ---: | --- | ---: | --- |""";
    }

    static String row(String work, int threads, Turns.Seat hookline, Turns.Seat peer) {
        List<Double> ratios = ratios(peer, hookline);
        return String.format(Locale.ROOT, "| %s | %d | %.3f | %s | %.3f | **%.2f** (%.2f to %.2f) |", work, threads,
                median(hookline.times()), peer.name(), median(peer.times()), median(ratios),
                ratios.stream().min(Double::compare).orElseThrow(), ratios.stream().max(Double::compare).orElseThrow());
    }
}
