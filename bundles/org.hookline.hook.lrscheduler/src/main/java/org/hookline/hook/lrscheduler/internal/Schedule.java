// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrscheduler.internal;

/**
 * A learning rate as a function of time: pure, without memory, so that it can be asked for any moment, after a resume
 * too. Time is counted from 0 in optimizer steps or epochs; the formulas are the closed forms that the documentation of
 * {@code torch.optim.lr_scheduler} publishes, and each record names its counterpart there.
 */
public sealed interface Schedule {
    /**
     * Gives the learning rate.
     *
     * @param t the time, at least 0
     * @param total the time at which the schedule ends, above 0; only curves that go to the end use it
     * @param base the learning rate of the run file
     * @return the learning rate
     */
    double at(double t, double total, double base);

    /**
     * Tells from when the time counts where there is a warm-up: moments that the user gave as numbers count from the
     * start of training, curves begin when the warm-up ends.
     *
     * @return true for the start of training
     */
    default boolean fromStart() {
        return false;
    }

    /** {@code ConstantLR} with factor 1: the base. */
    record Constant() implements Schedule {
        @Override
        public double at(double t, double total, double base) {
            return base;
        }
    }

    /**
     * {@code StepLR}: {@code base * gamma ^ floor(t / size)}.
     *
     * @param size the time between two changes
     * @param gamma the factor of each change
     */
    record Step(long size, double gamma) implements Schedule {
        @Override
        public double at(double t, double total, double base) {
            return base * Math.pow(gamma, Math.floor(t / size));
        }

        @Override
        public boolean fromStart() {
            return true;
        }
    }

    /**
     * {@code MultiStepLR}: {@code base * gamma ^ (number of milestones at or before t)}.
     *
     * @param milestones the times of the changes
     * @param gamma the factor of each change
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared, never shown
    record MultiStep(long[] milestones, double gamma) implements Schedule {
        @Override
        public double at(double t, double total, double base) {
            int passed = 0;
            for (long milestone : milestones) {
                if (milestone <= t) {
                    passed++;
                }
            }
            return base * Math.pow(gamma, passed);
        }

        @Override
        public boolean fromStart() {
            return true;
        }
    }

    /**
     * {@code ExponentialLR}: {@code base * gamma ^ t}.
     *
     * @param gamma the factor of each step or epoch
     */
    record Exponential(double gamma) implements Schedule {
        @Override
        public double at(double t, double total, double base) {
            return base * Math.pow(gamma, t);
        }
    }

    /**
     * {@code CosineAnnealingLR}: {@code min + (base - min) * (1 + cos(pi * t / total)) / 2}; it stays at {@code min}
     * after the end, where torch would rise again.
     *
     * @param min the learning rate at the end
     */
    record Cosine(double min) implements Schedule {
        @Override
        public double at(double t, double total, double base) {
            return cosine(base, min, Math.min(t, total) / total);
        }
    }

    /**
     * {@code CosineAnnealingWarmRestarts}: a cosine from the base to {@code min}, again and again, each cycle
     * {@code factor} times as long as the one before.
     *
     * @param first the length of the first cycle, {@code T_0}
     * @param factor {@code T_mult}, at least 1
     * @param min the learning rate at the end of each cycle
     */
    record CosineRestarts(long first, int factor, double min) implements Schedule {
        @Override
        public double at(double t, double total, double base) {
            double length = first;
            double since = t;
            if (factor == 1) {
                since = t % length;
            } else {
                while (since >= length) {
                    since -= length;
                    length *= factor;
                }
            }
            return cosine(base, min, since / length);
        }
    }

    /**
     * {@code LinearLR}: {@code base * (start + (end - start) * min(t, total) / total)}.
     *
     * @param start the factor at the start
     * @param end the factor at the end
     */
    record Linear(double start, double end) implements Schedule {
        @Override
        public double at(double t, double total, double base) {
            return base * (start + (end - start) * Math.min(t, total) / total);
        }
    }

    /**
     * {@code PolynomialLR}, with a floor: {@code min + (base - min) * (1 - min(t, total) / total) ^ power}.
     *
     * @param power the exponent
     * @param min the learning rate at the end; torch has 0
     */
    record Polynomial(double power, double min) implements Schedule {
        @Override
        public double at(double t, double total, double base) {
            return min + (base - min) * Math.pow(1 - Math.min(t, total) / total, power);
        }
    }

    /**
     * {@code OneCycleLR} with the base as {@code max_lr}: from {@code base / div} up to the base, down to
     * {@code base / div / finalDiv}. With three phases it goes down to {@code base / div} first, as fast as it rose.
     * Phases end one step before the share of the total, as in torch.
     *
     * @param rise the share of the time in which it rises, {@code pct_start}
     * @param div the base divided by the learning rate at the start, {@code div_factor}
     * @param finalDiv the learning rate at the start divided by that at the end, {@code final_div_factor}
     * @param linear whether it changes linearly, otherwise along a cosine
     * @param threePhase whether there are three phases
     */
    record OneCycle(double rise, double div, double finalDiv, boolean linear, boolean threePhase) implements Schedule {
        @Override
        public double at(double t, double total, double base) {
            double initial = base / div;
            double last = initial / finalDiv;
            double top = rise * total - 1;
            double end = total - 1;
            if (t <= top) {
                return between(initial, base, t / top);
            }
            // A rise of less than one step is no phase: torch would divide by zero.
            double from = Math.max(top, 0);
            if (!threePhase) {
                return between(base, last, share(t, from, end));
            }
            double back = 2 * rise * total - 2;
            return t <= back
                    ? between(base, initial, share(t, from, back))
                    : between(initial, last, share(t, Math.max(back, from), end));
        }

        private static double share(double t, double from, double to) {
            return to <= from ? 1 : Math.min((t - from) / (to - from), 1);
        }

        private double between(double from, double to, double share) {
            double s = Double.isNaN(share) ? 1 : share;
            return linear ? from + (to - from) * s : cosine(from, to, s);
        }
    }

    /**
     * The schedule of "Attention is all you need", as {@code get_inverse_sqrt_schedule} of Hugging Face's transformers
     * writes it: {@code base / sqrt((t + scale) / scale)}, with t from the end of the warm-up.
     *
     * @param scale the time in which it falls to {@code base / sqrt(2)}; the length of the warm-up, usually
     */
    record InverseSqrt(double scale) implements Schedule {
        @Override
        public double at(double t, double total, double base) {
            return base / Math.sqrt((t + scale) / scale);
        }
    }

    private static double cosine(double from, double to, double share) {
        return to + (from - to) * (1 + Math.cos(Math.PI * share)) / 2;
    }
}
