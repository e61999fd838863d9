// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrfinder.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/**
 * The learning-rate range test (Smith, Cyclical Learning Rates for Training Neural Networks, 2017, section 3.3): the
 * learning rate rises from step to step, and where the smoothed loss falls most steeply is a good one.
 */
final class RangeTest {
    /**
     * A step.
     *
     * @param learningRate with which it was done
     * @param loss before it
     * @param smoothed the moving average of the losses so far, without its bias towards 0
     */
    record Point(double learningRate, double loss, double smoothed) {}

    /** The share of the steps at the start, where the average is of few losses, and at the end that suggest nothing. */
    private static final double SKIP_START = 0.1;

    private static final double SKIP_END = 0.02;

    private final double min;
    private final double max;
    private final int steps;
    private final boolean exponential;
    private final double smoothing;
    private final double divergeFactor;
    private final List<Point> points = new ArrayList<>();
    private double average;
    private double lowest = Double.POSITIVE_INFINITY;

    private RangeTest(LrFinderConfig c, boolean exponential) {
        min = c.minLr();
        max = c.maxLr();
        steps = c.steps();
        this.exponential = exponential;
        smoothing = c.smoothing();
        divergeFactor = c.divergeFactor();
    }

    static RangeTest of(LrFinderConfig c) {
        String mode = choice("mode", c.mode(), List.of("exponential", "linear"));
        check("min_lr", c.minLr() > 0 && Double.isFinite(c.minLr()), c.minLr(), "above 0");
        check("max_lr", c.maxLr() > c.minLr() && Double.isFinite(c.maxLr()), c.maxLr(), "above min_lr, " + c.minLr());
        check("steps", c.steps() >= 10, c.steps(), "10 or more");
        check("smoothing", c.smoothing() >= 0 && c.smoothing() < 1, c.smoothing(), "0 up to below 1");
        check("diverge_factor", c.divergeFactor() == 0 || c.divergeFactor() > 1, c.divergeFactor(),
                "above 1, or 0 for never");
        return new RangeTest(c, mode.equals("exponential"));
    }

    static String choice(String key, String given, List<String> known) {
        String value = given.strip();
        if (!known.contains(value)) {
            throw new UserError("LRFinderHook: " + key + " is '" + given + "'" + Nearest.suggest(value, known));
        }
        return value;
    }

    private static void check(String key, boolean good, Object given, String expected) {
        if (!good) {
            throw new UserError("LRFinderHook: " + key + " is " + given + ", expected " + expected);
        }
    }

    /** {@return the learning rate of the next step} */
    double next() {
        double share = (double) points.size() / (steps - 1);
        return exponential ? min * Math.pow(max / min, share) : min + (max - min) * share;
    }

    /**
     * Takes the loss of a step.
     *
     * @param loss of the step with learning rate {@link #next()}
     * @return whether there is another step
     */
    boolean add(double loss) {
        average = smoothing * average + (1 - smoothing) * loss;
        double smoothed = average / (1 - Math.pow(smoothing, points.size() + 1.0));
        points.add(new Point(next(), loss, smoothed));
        lowest = Math.min(lowest, smoothed);
        boolean diverged = !Double.isFinite(smoothed) || (divergeFactor > 0 && smoothed > divergeFactor * lowest);
        return !diverged && points.size() < steps;
    }

    /** {@return the steps so far} */
    List<Point> points() {
        return points;
    }

    /**
     * Gives the learning rate at which the smoothed loss falls most steeply over the logarithm of the learning rate.
     *
     * @return the learning rate; empty where the loss falls nowhere
     */
    OptionalDouble suggestion() {
        int from = Math.max(1, (int) Math.ceil(SKIP_START * points.size()));
        int to = points.size() - 1 - (int) Math.ceil(SKIP_END * points.size());
        double steepest = 0;
        OptionalDouble found = OptionalDouble.empty();
        for (int i = from; i < to; i++) {
            Point before = points.get(i - 1);
            Point after = points.get(i + 1);
            double slope = (after.smoothed() - before.smoothed())
                    / Math.log(after.learningRate() / before.learningRate());
            if (slope < steepest) {
                steepest = slope;
                found = OptionalDouble.of(points.get(i).learningRate());
            }
        }
        return found;
    }
}
