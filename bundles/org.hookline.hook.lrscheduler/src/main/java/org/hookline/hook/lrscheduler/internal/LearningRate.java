// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrscheduler.internal;

/**
 * A schedule with its warm-up, over a run. Pure.
 *
 * @param schedule the curve
 * @param warmup the factor at the start
 * @param byEpoch whether the curve counts epochs instead of optimizer steps
 * @param total where the curve ends, counted from the start of training; 0 for the end of the run
 */
public record LearningRate(Schedule schedule, Warmup warmup, boolean byEpoch, long total) {

    /**
     * Where a run is, and how long it is.
     *
     * @param step optimizer steps done
     * @param position the same, as {@link Course} counts them
     * @param plannedSteps optimizer steps of the whole run
     * @param epoch passes over the data completed
     * @param epochs passes over the data of the whole run
     */
    public record Moment(long step, double position, long plannedSteps, int epoch, double epochs) {}

    /**
     * Gives the learning rate of the next optimizer step.
     *
     * @param m where the run is
     * @param base the learning rate of the run file
     * @return the learning rate
     */
    public double at(Moment m, double base) {
        double t = byEpoch ? m.epoch() : schedule.fromStart() ? m.step() : m.position();
        double end = total > 0 ? total : byEpoch ? m.epochs() : m.plannedSteps();
        if (!schedule.fromStart()) {
            double warm = byEpoch ? inEpochs(warmup.steps(), m.plannedSteps(), m.epochs()) : warmup.steps();
            t = Math.max(t - warm, 0);
            end -= warm;
        }
        return warmup.factor(m.step()) * schedule.at(t, Math.max(end, 1), base);
    }

    static double inEpochs(long steps, long plannedSteps, double epochs) {
        return plannedSteps > 0 ? steps * epochs / plannedSteps : 0;
    }
}
