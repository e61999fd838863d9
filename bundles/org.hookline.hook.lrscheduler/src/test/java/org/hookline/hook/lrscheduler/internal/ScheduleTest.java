// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrscheduler.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/**
 * Each schedule against the values that torch.optim.lr_scheduler itself gives: its module (PyTorch 1.13.1) was run in
 * Python with an optimizer of one parameter group, lr 0.1 unless said otherwise; those that its documentation lists are
 * marked.
 */
class ScheduleTest {

    /** Times and values in turn. */
    private static void holds(Schedule schedule, double total, double base, double... expected) {
        for (int i = 0; i < expected.length; i += 2) {
            assertThat(schedule.at(expected[i], total, base)).as("%s at %s", schedule, expected[i])
                    .isCloseTo(expected[i + 1], within(1e-11));
        }
    }

    @Test
    void constantIsTheBase() {
        holds(new Schedule.Constant(), 100, 0.05, 0, 0.05, 99, 0.05);
    }

    @Test
    void stepIsStepLr() {
        holds(new Schedule.Step(30, 0.1), 100, 0.1, 0, 0.1, 29, 0.1, 30, 0.01, 59, 0.01, 60, 0.001, 99, 0.0001);
        // Documentation of StepLR: lr = 0.05 if epoch < 30, 0.005 if 30 <= epoch < 60, 0.0005 if 60 <= epoch < 90.
        holds(new Schedule.Step(30, 0.1), 100, 0.05, 0, 0.05, 29, 0.05, 30, 0.005, 59, 0.005, 60, 0.0005, 89, 0.0005);
    }

    @Test
    void multiStepIsMultiStepLr() {
        Schedule schedule = new Schedule.MultiStep(new long[] {30, 80}, 0.1);
        holds(schedule, 100, 0.1, 0, 0.1, 29, 0.1, 30, 0.01, 79, 0.01, 80, 0.001, 99, 0.001);
        // Documentation of MultiStepLR: lr = 0.05 if epoch < 30, 0.005 if 30 <= epoch < 80, 0.0005 if epoch >= 80.
        holds(schedule, 100, 0.05, 29, 0.05, 30, 0.005, 79, 0.005, 80, 0.0005);
    }

    @Test
    void aMilestoneGivenTwiceCountsTwiceAndTheirOrderDoesNotMatter() {
        holds(new Schedule.MultiStep(new long[] {8, 5, 5}, 0.1), 100, 1, 4, 1, 5, 0.01, 8, 0.001);
    }

    @Test
    void exponentialIsExponentialLr() {
        holds(new Schedule.Exponential(0.95), 100, 0.1, 0, 0.1, 1, 0.095, 2, 0.09025, 10, 0.0598736939238,
                99, 0.00062321360214);
    }

    @Test
    void cosineIsCosineAnnealingLr() {
        holds(new Schedule.Cosine(0.001), 100, 0.1, 0, 0.1, 1, 0.0999755747381, 25, 0.0855017856687, 50, 0.0505,
                75, 0.0154982143313, 99, 0.0010244252619, 100, 0.001);
    }

    @Test
    void cosineStaysAtItsMinimumAfterTheEnd() {
        holds(new Schedule.Cosine(0.001), 100, 0.1, 150, 0.001, 1000, 0.001);
    }

    @Test
    void cosineRestartsIsCosineAnnealingWarmRestarts() {
        holds(new Schedule.CosineRestarts(10, 1, 0.001), 0, 0.1, 0, 0.1, 5, 0.0505, 9, 0.00342270244339, 10, 0.1,
                15, 0.0505, 99, 0.00342270244339);
        holds(new Schedule.CosineRestarts(10, 2, 0.001), 0, 0.1, 0, 0.1, 9, 0.00342270244339, 10, 0.1, 20, 0.0505,
                29, 0.00160942714054, 30, 0.1, 50, 0.0505, 69, 0.00115259198021, 70, 0.1, 99, 0.0712236570081);
    }

    @Test
    void linearIsLinearLr() {
        // Documentation of LinearLR: start_factor 0.5, total_iters 4.
        holds(new Schedule.Linear(0.5, 1), 4, 0.05, 0, 0.025, 1, 0.03125, 2, 0.0375, 3, 0.04375, 4, 0.05, 5, 0.05);
        holds(new Schedule.Linear(1, 0), 10, 0.1, 0, 0.1, 1, 0.09, 5, 0.05, 9, 0.01, 10, 0, 11, 0);
    }

    @Test
    void polynomialIsPolynomialLr() {
        // Documentation of PolynomialLR: power 1, total_iters 4.
        holds(new Schedule.Polynomial(1, 0), 4, 0.05, 0, 0.05, 1, 0.0375, 2, 0.025, 3, 0.0125, 4, 0, 5, 0);
        holds(new Schedule.Polynomial(2, 0), 10, 0.1, 0, 0.1, 1, 0.081, 5, 0.025, 9, 0.001, 10, 0, 11, 0);
        // With a floor, by hand: 0.02 + 0.08 * 0.5^2.
        holds(new Schedule.Polynomial(2, 0.02), 10, 0.1, 0, 0.1, 5, 0.04, 10, 0.02);
    }

    @Test
    void oneCycleIsOneCycleLr() {
        holds(new Schedule.OneCycle(0.3, 25, 1e4, false, false), 100, 0.1, 0, 0.004, 1, 0.00428137805659,
                10, 0.0295163948464, 29, 0.1, 30, 0.0999496535285, 64, 0.0500002, 98, 5.07464715476e-05, 99, 4e-07);
        holds(new Schedule.OneCycle(0.25, 10, 100, true, false), 100, 0.1, 0, 0.01, 12, 0.055, 24, 0.1, 25, 0.098668,
                60, 0.052048, 99, 0.0001);
    }

    @Test
    void oneCycleOfThreePhasesIsOneCycleLrWithThreePhase() {
        holds(new Schedule.OneCycle(0.25, 25, 1e4, false, true), 100, 0.1, 0, 0.004, 12, 0.052, 24, 0.1,
                30, 0.085941125497, 36, 0.052, 48, 0.004, 49, 0.00399620703681, 75, 0.00181568173475, 99, 4e-07);
    }

    @Test
    void oneCycleOfARunOfFewStepsGivesNumbers() {
        for (int total = 1; total <= 5; total++) {
            for (int t = 0; t <= total; t++) {
                for (boolean three : new boolean[] {false, true}) {
                    assertThat(new Schedule.OneCycle(0.3, 25, 1e4, false, three).at(t, total, 0.1))
                            .as("%s of %s", t, total).isBetween(4e-07 - 1e-12, 0.1 + 1e-12);
                }
            }
        }
    }

    @Test
    void inverseSqrtIsThatOfTransformers() {
        // By hand: 0.1 / sqrt((t + 400) / 400).
        holds(new Schedule.InverseSqrt(400), 0, 0.1, 0, 0.1, 400, 0.0707106781187, 1200, 0.05, 39600, 0.01);
    }
}
