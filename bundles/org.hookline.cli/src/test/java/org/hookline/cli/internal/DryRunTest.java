// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.Progress;
import org.hookline.api.RunInfo;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.cli.internal.DryRun.Step;
import org.hookline.hook.lrscheduler.internal.LrSchedulerHook;
import org.hookline.hook.lrscheduler.internal.LrSettings;
import org.hookline.hook.lrscheduler.internal.Schedule;
import org.junit.jupiter.api.Test;

class DryRunTest {
    private static DryRun run(Progress.Mode mode, int epochs, long iterations, int perEpoch, int accumulate) {
        RunInfo info = new RunInfo("dry", "dry", Path.of(""), Instant.EPOCH, 1, "cpu", Map.of());
        return new DryRun(info, mode, epochs, iterations, perEpoch, accumulate, 0.1, 0.9);
    }

    private static Hook cosine() {
        return new LrSchedulerHook(LrSettings.of(new Schedule.Cosine(0)));
    }

    @Test
    void theHookSaysWhatEachStepWouldUse() throws Exception {
        List<Step> steps = run(Progress.Mode.BY_EPOCH, 4, 0, 5, 1).run(List.of(cosine()));
        assertThat(steps).hasSize(20);
        for (int i = 0; i < 20; i++) {
            assertThat(steps.get(i).learningRate()).isCloseTo(0.05 * (1 + Math.cos(Math.PI * i / 20)), within(1e-15));
        }
    }

    @Test
    void aStepIsSoManyMicroBatchesAndNeverReachesOverTheEndOfAnEpoch() throws Exception {
        assertThat(run(Progress.Mode.BY_EPOCH, 2, 0, 5, 2).run(List.of(cosine()))).extracting(Step::iteration)
                .containsExactly(1L, 3L, 4L, 6L, 8L, 9L);
        assertThat(run(Progress.Mode.BY_ITER, 0, 9, 5, 2).run(List.of(cosine()))).extracting(Step::iteration)
                .containsExactly(1L, 3L, 5L, 7L, 8L);
    }

    @Test
    void aHookThatSetsWhatNoOptimizerTakesFailsAsItWouldInTraining() {
        Hook rate = new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                context.stepper().setLearningRate(Double.NaN);
            }
        };
        assertThatThrownBy(() -> run(Progress.Mode.BY_ITER, 0, 9, 5, 1).run(List.of(rate)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the learning rate is NaN, expected a number of 0 or more");
        Hook momentum = new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {
                context.stepper().setMomentum(1);
            }
        };
        assertThatThrownBy(() -> run(Progress.Mode.BY_ITER, 0, 9, 5, 1).run(List.of(momentum)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the momentum is 1.0, expected 0 or more and less than 1");
    }

    @Test
    void aChangedAccumulationHoldsFromTheNextStepOn() throws Exception {
        Hook change = new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 4) {
                    context.gradients().setAccumulate(3);
                }
            }
        };
        assertThat(run(Progress.Mode.BY_ITER, 0, 12, 12, 2).run(List.of(change))).extracting(Step::iteration)
                .containsExactly(1L, 3L, 5L, 8L, 11L);
    }

    @Test
    void anAccumulationThatIsSetBeforeTheFirstEpochHoldsFromItsFirstStepOnAsInTraining() throws Exception {
        Hook schedule = new Hook() {
            @Override
            public void beforeTrain(TrainingContext context) {
                context.gradients().setAccumulate(3);
            }
        };
        assertThat(run(Progress.Mode.BY_EPOCH, 2, 0, 4, 1).run(List.of(schedule))).extracting(Step::iteration)
                .containsExactly(2L, 3L, 6L, 7L);
    }

    @Test
    void ofALongRunThereAreEvenlySpreadStepsWithTheFirstAndTheLast() throws Exception {
        List<Step> steps = run(Progress.Mode.BY_ITER, 0, 1_000_001, 1000, 1).run(List.of(cosine()));
        assertThat(steps.size()).isBetween(15_000, 21_000);
        assertThat(steps.getFirst().number()).isZero();
        assertThat(steps.getLast().number()).isEqualTo(1_000_000);
    }

    @Test
    void whatNeedsMathematicsIsRefused() {
        Hook backward = new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                context.gradients().backward(1);
            }
        };
        assertThatThrownBy(() -> run(Progress.Mode.BY_ITER, 0, 1, 1, 1).run(List.of(backward)))
                .hasMessage("without training there is no gradient");
    }
}
