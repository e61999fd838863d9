// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile.internal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.hookline.runfile.Mistake;

/** Gathers mistakes. */
final class Findings {
    private record Finding(Source at, String text) {}

    private final List<Finding> found = new ArrayList<>();

    void add(Source at, String text) {
        found.add(new Finding(at, text));
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    int size() {
        return found.size();
    }

    void addAll(Findings other) {
        found.addAll(other.found);
    }

    /** Gives the mistakes file by file, in the order of their lines. */
    List<Mistake> list() {
        List<String> files = found.stream().map(f -> f.at().name()).distinct().toList();
        return found.stream()
                .sorted(Comparator.<Finding>comparingInt(f -> files.indexOf(f.at().name()))
                        .thenComparingInt(f -> f.at().line()))
                .map(f -> new Mistake(f.at().show(), f.text()))
                .distinct()
                .toList();
    }
}
