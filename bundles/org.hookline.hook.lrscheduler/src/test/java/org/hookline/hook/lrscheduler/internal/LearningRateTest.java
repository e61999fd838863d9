// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrscheduler.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Optional;
import org.hookline.hook.lrscheduler.internal.LearningRate.Moment;
import org.junit.jupiter.api.Test;

class LearningRateTest {
    /** A run of 100 steps in 10 epochs. */
    private static Moment step(long step) {
        return new Moment(step, step, 100, (int) (step / 10), 10);
    }

    private static void holds(LearningRate rate, double... expected) {
        for (int i = 0; i < expected.length; i += 2) {
            assertThat(rate.at(step((long) expected[i]), 0.1)).as("%s at %s", rate, expected[i])
                    .isCloseTo(expected[i + 1], within(1e-11));
        }
    }

    @Test
    void aCurveBeginsWhenTheWarmUpEnds() {
        // As torch's SequentialLR([LinearLR(0.1, 1, 10), CosineAnnealingLR(90)], [10]) gives it.
        holds(new LearningRate(new Schedule.Cosine(0), new Warmup(10, true, 0.1), false, 0), 0, 0.01, 1, 0.019,
                5, 0.055, 9, 0.091, 10, 0.1, 11, 0.099969541351, 55, 0.05, 99, 3.04586490452e-05);
    }

    @Test
    void milestonesCountFromTheStartOfTraining() {
        // As torch's ChainedScheduler([LinearLR(0.1, 1, 5), MultiStepLR([8])]) gives it.
        holds(new LearningRate(new Schedule.MultiStep(new long[] {8}, 0.1), new Warmup(5, true, 0.1), false, 0),
                0, 0.01, 1, 0.028, 2, 0.046, 3, 0.064, 4, 0.082, 5, 0.1, 7, 0.1, 8, 0.01, 11, 0.01);
    }

    @Test
    void aConstantWarmUpJumps() {
        holds(new LearningRate(new Schedule.Constant(), new Warmup(3, false, 0.25), false, 0), 0, 0.025, 2, 0.025,
                3, 0.1, 99, 0.1);
    }

    @Test
    void byEpochTheRateChangesBetweenEpochsOnly() {
        holds(new LearningRate(new Schedule.Exponential(0.5), Warmup.NONE, true, 0), 0, 0.1, 9, 0.1, 10, 0.05, 19, 0.05,
                20, 0.025);
    }

    @Test
    void byEpochTheWarmUpStillGoesStepByStep() {
        // 20 steps are 2 epochs: at epoch 6, (6 - 2) / (10 - 2) of the cosine is over.
        LearningRate rate = new LearningRate(new Schedule.Cosine(0), new Warmup(20, true, 0), true, 0);
        holds(rate, 0, 0, 1, 0.005, 19, 0.095, 20, 0.1, 29, 0.1, 60, 0.05, 69, 0.05);
    }

    @Test
    void aCurveMayEndBeforeTheRun() {
        holds(new LearningRate(new Schedule.Linear(1, 0.5), Warmup.NONE, false, 50), 0, 0.1, 25, 0.075, 50, 0.05,
                99, 0.05);
    }

    @Test
    void aWarmUpAsLongAsTheRunNeverDividesByZero() {
        LearningRate rate = new LearningRate(new Schedule.Cosine(0), new Warmup(100, true, 0), false, 0);
        holds(rate, 0, 0, 50, 0.05, 99, 0.099);
    }

    @Test
    void inverseSqrtTakesTheWarmUpAsItsTimeScale() {
        LrSettings settings = new LrSettings(new Schedule.InverseSqrt(0), Optional.empty(), "",
                Optional.empty(), false, 0, new Warmup(0, true, 0), 0.2);
        // 20 steps of warm-up; the published form is base * sqrt(20) / sqrt(t) from there on.
        holds(settings.over(100, 10), 10, 0.05, 20, 0.1, 45, 0.1 * Math.sqrt(20.0 / 45), 80, 0.05);
    }
}
