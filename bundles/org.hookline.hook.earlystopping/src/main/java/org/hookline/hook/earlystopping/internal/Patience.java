// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.earlystopping.internal;

import java.util.LinkedHashMap;
import java.util.Map;

/** Waits for a metric to get better. */
final class Patience {
    /** What a value means. */
    enum Verdict {
        /** The best so far. */
        BETTER,
        /** No better, but there is patience left. */
        WAITS,
        /** No better, for too long. */
        EXHAUSTED,
        /** Infinite or NaN. */
        NOT_FINITE
    }

    private final int patience;
    private final double threshold;
    private final boolean relative;
    private final boolean checkFinite;
    private double best = Double.NaN;
    private long bestIteration;
    private int waited;

    /**
     * Makes it.
     *
     * @param patience values in a row that may not be better
     * @param threshold how much better counts as better
     * @param relative whether that is a share of the best value's size
     * @param checkFinite whether a value that is not finite is a verdict of its own
     */
    Patience(int patience, double threshold, boolean relative, boolean checkFinite) {
        this.patience = patience;
        this.threshold = threshold;
        this.relative = relative;
        this.checkFinite = checkFinite;
    }

    /**
     * Takes a value.
     *
     * @param value the value
     * @param higherIsBetter the direction
     * @param iteration when it was found
     * @return what it means
     */
    Verdict add(double value, boolean higherIsBetter, long iteration) {
        if (!Double.isFinite(value) && checkFinite) {
            return Verdict.NOT_FINITE;
        }
        if (better(value, higherIsBetter)) {
            best = value;
            bestIteration = iteration;
            waited = 0;
            return Verdict.BETTER;
        }
        waited++;
        return waited >= patience ? Verdict.EXHAUSTED : Verdict.WAITS;
    }

    private boolean better(double value, boolean higherIsBetter) {
        if (Double.isNaN(best)) {
            return Double.isFinite(value);
        }
        double margin = relative ? Math.abs(best) * threshold : threshold;
        return higherIsBetter ? value > best + margin : value < best - margin;
    }

    /** {@return the best value; NaN before the first} */
    double best() {
        return best;
    }

    /** {@return the iterations completed when the best value was found} */
    long bestIteration() {
        return bestIteration;
    }

    /** {@return how many values in a row were no better} */
    int waited() {
        return waited;
    }

    Map<String, Object> save() {
        Map<String, Object> state = new LinkedHashMap<>();
        if (!Double.isNaN(best)) {
            state.put("best", best);
        }
        state.put("best_iteration", bestIteration);
        state.put("waited", waited);
        return state;
    }

    void load(Map<String, Object> state) {
        double savedBest = state.containsKey("best") ? number(state, "best").doubleValue() : Double.NaN;
        long savedIteration = number(state, "best_iteration").longValue();
        waited = number(state, "waited").intValue();
        best = savedBest;
        bestIteration = savedIteration;
    }

    private static Number number(Map<String, Object> state, String key) {
        if (state.get(key) instanceof Number n) {
            return n;
        }
        throw new IllegalArgumentException("state of EarlyStoppingHook has no number '" + key + "'");
    }
}
