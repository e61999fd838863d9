// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Medians and ratios of neighbouring stretches, as Markdown. */
final class Table {
    private Table() {}

    static double median(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        sorted.sort(Double::compare);
        int n = sorted.size();
        return n % 2 == 1 ? sorted.get(n / 2) : (sorted.get(n / 2 - 1) + sorted.get(n / 2)) / 2;
    }

    private static double least(List<Double> values) {
        return values.stream().min(Double::compare).orElseThrow();
    }

    private static double largest(List<Double> values) {
        return values.stream().max(Double::compare).orElseThrow();
    }

    /** {@return the times of the one over those of the other, stretch by stretch} */
    static List<Double> ratios(Result over, Result under) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < Math.min(over.times().size(), under.times().size()); i++) {
            ratios.add(over.times().get(i) / under.times().get(i));
        }
        return ratios;
    }

    static String header() {
        return """
                | work | threads | Hookline, ms | peer | peer, ms | peer / Hookline: median (min to max) |
                | --- | ---: | --- | --- | --- | --- |""";
    }

    private static String times(Result result) {
        return String.format(Locale.ROOT, "%.3f (%.3f to %.3f)", median(result.times()), least(result.times()),
                largest(result.times()));
    }

    static String row(String work, int threads, Result hookline, Result peer) {
        List<Double> ratios = ratios(peer, hookline);
        return String.format(Locale.ROOT, "| %s | %d | %s | %s | %s | **%.2f** (%.2f to %.2f) |", work, threads,
                times(hookline), peer.name(), times(peer), median(ratios), least(ratios), largest(ratios));
    }
}
