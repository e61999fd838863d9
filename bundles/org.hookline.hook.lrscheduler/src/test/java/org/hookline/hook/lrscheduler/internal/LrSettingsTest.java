// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrscheduler.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.hookline.api.UserError;
import org.hookline.testkit.Configs;
import org.junit.jupiter.api.Test;

class LrSettingsTest {
    private static LrSettings of(Object... values) {
        return LrSettings.of(Configs.of(LrSchedulerConfig.class, values));
    }

    private static void refused(String message, Object... values) {
        assertThatThrownBy(() -> of(values)).isInstanceOf(UserError.class).hasMessageContaining(message);
    }

    @Test
    void withoutParametersTheRateIsConstant() {
        assertThat(of()).isEqualTo(LrSettings.of(new Schedule.Constant()));
    }

    @Test
    void eachScheduleTakesItsParameters() {
        assertThat(of("schedule", "step", "stepSize", 5L).curve()).isEqualTo(new Schedule.Step(5, 0.1));
        assertThat(of("schedule", "exponential", "gamma", 0.9).curve()).isEqualTo(new Schedule.Exponential(0.9));
        assertThat(of("schedule", "Cosine", "minLr", 1e-5).curve()).isEqualTo(new Schedule.Cosine(1e-5));
        assertThat(of("schedule", "cosine_restarts", "cycle", 7L, "cycleFactor", 2).curve())
                .isEqualTo(new Schedule.CosineRestarts(7, 2, 0));
        assertThat(of("schedule", "linear", "startFactor", 0.5, "endFactor", 0.1).curve())
                .isEqualTo(new Schedule.Linear(0.5, 0.1));
        assertThat(of("schedule", "polynomial", "power", 0.9).curve()).isEqualTo(new Schedule.Polynomial(0.9, 0));
        assertThat(of("schedule", "one_cycle", "pctStart", 0.25, "divFactor", 10.0, "finalDivFactor", 100.0,
                "anneal", "linear", "threePhase", true).curve())
                .isEqualTo(new Schedule.OneCycle(0.25, 10, 100, true, true));
        assertThat(of("schedule", "inverse_sqrt", "timescale", 30L).curve()).isEqualTo(new Schedule.InverseSqrt(30));
        assertThat(of("schedule", "multi_step", "milestones", new long[] {3, 6}, "gamma", 0.2).over(10, 1).at(
                new LearningRate.Moment(6, 6, 10, 0, 1), 1)).isEqualTo(0.2 * 0.2);
        assertThat(of("schedule", "plateau", "patience", 3, "factor", 0.5, "threshold", 0.01, "thresholdMode", "abs",
                "cooldown", 2, "minLr", 1e-6).plateau()).contains(new Plateau.Settings(0.5, 3, 0.01, false, 2, 1e-6));
    }

    @Test
    void warmUpIsGivenInStepsOrAsAShareOfTheRun() {
        assertThat(of("warmup_steps", 50L, "warmup_startFactor", 0.1).over(1000, 10).warmup())
                .isEqualTo(new Warmup(50, true, 0.1));
        assertThat(of("warmup_ratio", 0.05, "warmup_type", "constant").over(1000, 10).warmup())
                .isEqualTo(new Warmup(50, false, 0.001));
    }

    @Test
    void mistakesAreNamedWithWhatWasExpected() {
        refused("schedule is 'cosin'; did you mean 'cosine'?", "schedule", "cosin");
        refused("by is 'epochs'; did you mean 'epoch'?", "by", "epochs");
        refused("step_size is 0, expected 1 or more for schedule step", "schedule", "step");
        refused("milestones is empty", "schedule", "multi_step");
        refused("gamma is 0.0, expected a number above 0 for schedule exponential", "schedule", "exponential");
        refused("cycle is 0", "schedule", "cosine_restarts");
        refused("factor is 1.0, expected above 0 and below 1", "schedule", "plateau", "factor", 1.0);
        refused("mode is 'best'", "schedule", "plateau", "mode", "best");
        refused("warmup.ratio is 1.5", "warmup_ratio", 1.5);
        refused("warmup.steps and warmup.ratio are both given", "warmup_ratio", 0.1, "warmup_steps", 3L);
        refused("one_cycle has a rise of its own", "schedule", "one_cycle", "warmup_steps", 3L);
    }
}
