// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.evaluate.internal;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/** The best value of each metric so far. */
final class BestResults {
    /**
     * A best value.
     *
     * @param value the value
     * @param epoch the epoch in which it was found, from 0
     * @param iteration the number of iterations completed when it was found
     */
    record Best(double value, int epoch, long iteration) {}

    private final Map<String, Best> best = new LinkedHashMap<>();

    /**
     * Takes a new value. The first of two equal ones stays the best; NaN never is.
     *
     * @return true where it is the best so far
     */
    boolean add(String metric, double value, boolean higherIsBetter, int epoch, long iteration) {
        Best old = best.get(metric);
        boolean better = !Double.isNaN(value)
                && (old == null || (higherIsBetter ? value > old.value() : value < old.value()));
        if (better) {
            best.put(metric, new Best(value, epoch, iteration));
        }
        return better;
    }

    Optional<Best> of(String metric) {
        return Optional.ofNullable(best.get(metric));
    }

    boolean isEmpty() {
        return best.isEmpty();
    }

    /** {@return the best values in JDK types: by metric, a map of value, epoch and iteration} */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        best.forEach((metric, b) -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("value", b.value());
            entry.put("epoch", b.epoch());
            entry.put("iteration", b.iteration());
            map.put(metric, entry);
        });
        return map;
    }

    static BestResults of(Map<?, ?> map) {
        BestResults results = new BestResults();
        map.forEach((metric, entry) -> {
            if (entry instanceof Map<?, ?> m && m.get("value") instanceof Number value
                    && m.get("epoch") instanceof Number epoch && m.get("iteration") instanceof Number iteration) {
                results.best.put(metric.toString(),
                        new Best(value.doubleValue(), epoch.intValue(), iteration.longValue()));
            } else {
                throw new IllegalArgumentException("state has no value, epoch and iteration for '" + metric + "'");
            }
        });
        return results;
    }

    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(", ");
        best.forEach((metric, b) -> text.add(String.format(Locale.ROOT, "%s %.4f (epoch %d, iteration %d)", metric,
                b.value(), b.epoch() + 1, b.iteration())));
        return text.toString();
    }
}
