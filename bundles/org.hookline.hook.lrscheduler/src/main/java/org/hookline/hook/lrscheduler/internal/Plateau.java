// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrscheduler.internal;

import java.util.LinkedHashMap;
import java.util.Map;

/** {@code ReduceLROnPlateau}: lowers the learning rate where a metric has stopped getting better. Has memory. */
final class Plateau {
    /**
     * When it lowers, and by how much.
     *
     * @param factor by what the learning rate is multiplied
     * @param patience how many values in a row may be no better before it is lowered
     * @param threshold what counts as better: by this share, or by this amount
     * @param relative whether the threshold is a share
     * @param cooldown after lowering, how many values are not counted
     * @param min the learning rate that it does not go below
     */
    record Settings(double factor, int patience, double threshold, boolean relative, int cooldown, double min) {}

    /** Torch's {@code eps}: a smaller change of the learning rate is none. */
    private static final double EPS = 1e-8;

    private final Settings settings;
    private double best = Double.NaN;
    private int bad;
    private int cooling;
    private double reduction = 1;

    Plateau(Settings settings) {
        this.settings = settings;
    }

    /**
     * Takes a new value of the metric.
     *
     * @param value the value; NaN is never better
     * @param higherIsBetter the direction of the metric
     * @param base the learning rate without reductions
     * @return true where the learning rate was lowered
     */
    boolean add(double value, boolean higherIsBetter, double base) {
        if (better(value, higherIsBetter)) {
            best = value;
            bad = 0;
        } else {
            bad++;
        }
        if (cooling > 0) {
            cooling--;
            bad = 0;
        }
        if (bad <= settings.patience()) {
            return false;
        }
        cooling = settings.cooldown();
        bad = 0;
        double now = base * reduction;
        double lower = Math.max(now * settings.factor(), settings.min());
        if (now - lower <= EPS) {
            return false;
        }
        reduction = lower / base;
        return true;
    }

    private boolean better(double value, boolean higherIsBetter) {
        if (Double.isNaN(best)) {
            return !Double.isNaN(value);
        }
        double t = settings.threshold();
        if (settings.relative()) {
            return higherIsBetter ? value > best * (1 + t) : value < best * (1 - t);
        }
        return higherIsBetter ? value > best + t : value < best - t;
    }

    /** {@return the factor of all reductions together} */
    double reduction() {
        return reduction;
    }

    /** {@return the best value so far; NaN before the first} */
    double best() {
        return best;
    }

    Map<String, Object> save() {
        Map<String, Object> state = new LinkedHashMap<>();
        if (!Double.isNaN(best)) {
            state.put("best", best);
        }
        state.put("bad", bad);
        state.put("cooling", cooling);
        state.put("reduction", reduction);
        return state;
    }

    void load(Map<?, ?> state) {
        best = state.containsKey("best") ? number(state, "best").doubleValue() : Double.NaN;
        bad = number(state, "bad").intValue();
        cooling = number(state, "cooling").intValue();
        reduction = number(state, "reduction").doubleValue();
    }

    private static Number number(Map<?, ?> state, String key) {
        if (state.get(key) instanceof Number n) {
            return n;
        }
        throw new IllegalArgumentException("state of a plateau schedule has no number '" + key + "'");
    }
}
