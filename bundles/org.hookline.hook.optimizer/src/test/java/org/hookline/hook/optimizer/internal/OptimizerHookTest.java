// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.optimizer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.engine.RunResult;
import org.hookline.stepping.NonFinite;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptimizerHookTest {
    @TempDir
    Path folder;

    /** One weight; with w = 0 the gradient of a sample is -x * y. */
    private static LinearTask samples(double... products) {
        double[][] xs = new double[products.length][1];
        for (double[] x : xs) {
            x[0] = 1;
        }
        return new LinearTask(xs, products, 1, List.of("test"));
    }

    private RunResult train(LinearTask task, OptimizerSettings settings, int epochs, Hook... more) {
        HookRun run = new HookRun(folder, task);
        run.add(20, new OptimizerHook(settings));
        for (Hook hook : more) {
            run.add(60, hook);
        }
        return run.epochs(epochs);
    }

    /** The value of grad_norm after each step. */
    private static final class Norms implements Hook {
        final List<Double> values = new ArrayList<>();

        @Override
        public void afterOptimizerStep(TrainingContext context) {
            context.metrics().series("grad_norm").ifPresent(s -> values.add(s.latest()));
        }
    }

    @Test
    void aStepOfSeveralMicroBatchesIsTheStepOfOneLargeBatch() {
        LinearTask small = new LinearTask(3, 64, 5, 4).accumulate(4).sgd(0.1, 0.9);
        LinearTask large = new LinearTask(3, 64, 5, 16).sgd(0.1, 0.9);
        assertThat(train(small, OptimizerSettings.DEFAULT, 4).failure()).isEmpty();
        assertThat(train(large, OptimizerSettings.DEFAULT, 4).failure()).isEmpty();
        assertThat(small.weights()).containsExactly(large.weights(), within(1e-12));
        assertThat(small.stepper().steps()).isEqualTo(16);
    }

    @Test
    void anIncompleteAccumulationAtTheEndOfAnEpochIsSteppedWithItsOwnMean() {
        // Steps of 2 and of 1 micro-batches. First: gradient -(1 + 3) / 2 = -2, w = 0.2.
        // Second: w - y = 0.2 - 5 = -4.8 over one micro-batch, w = 0.2 + 0.48.
        LinearTask task = samples(1, 3, 5).accumulate(2).sgd(0.1, 0);
        train(task, OptimizerSettings.DEFAULT, 1);
        assertThat(task.stepper().steps()).isEqualTo(2);
        assertThat(task.weights()[0]).isCloseTo(0.68, within(1e-12));
    }

    @Test
    void anIncompleteAccumulationAtTheEndOfARunByIterationsIsSteppedToo() {
        LinearTask task = samples(1, 3, 5, 7).accumulate(3).sgd(0.1, 0);
        HookRun run = new HookRun(folder, task);
        run.add(20, new OptimizerHook(OptimizerSettings.DEFAULT));
        run.iterations(2);
        assertThat(task.stepper().steps()).isEqualTo(1);
        assertThat(task.weights()[0]).isCloseTo(0.2, within(1e-12));
    }

    @Test
    void anotherLimitInTheMiddleOfAnAccumulationClipsAllOfIt() {
        // Micro-batches have gradients -10 and -8, a mean of -9, which the limit of 1 makes -1.
        LinearTask task = samples(10, 8).accumulate(2).sgd(0.1, 0);
        OptimizerHook hook = new OptimizerHook(OptimizerSettings.DEFAULT);
        HookRun run = new HookRun(folder, task);
        run.add(20, hook);
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 0) {
                    hook.modified(Configs.of(OptimizerConfig.class, "gradClip_maxNorm", 1.0));
                    run.reconfigured(hook);
                }
            }
        });
        assertThat(run.epochs(1).failure()).isEmpty();
        assertThat(task.stepper().steps()).isEqualTo(1);
        assertThat(task.weights()[0]).isCloseTo(0.1, within(1e-6));
    }

    @Test
    void gradientsAreClippedOnceAndAsAWhole() {
        // Micro-batches have gradients -10 and +8: each alone would be clipped to 1 and they would cancel out.
        // Accumulated: -1, which is within the limit of 1 and stays.
        Norms norms = new Norms();
        LinearTask task = samples(10, -8).accumulate(2).sgd(0.1, 0);
        train(task, new OptimizerSettings(1.5, 0, NonFinite.IGNORE, true), 1, norms);
        assertThat(norms.values).hasSize(1);
        assertThat(norms.values.getFirst()).isCloseTo(1, within(1e-6));
        assertThat(task.weights()[0]).isCloseTo(0.1, within(1e-12));
    }

    @Test
    void theNormIsClippedAsTorchDoesItAndTheTrueNormIsLogged() {
        // Gradient (-3, -4), norm 5, limit 1: factor 1 / (5 + 1e-6).
        LinearTask task = new LinearTask(new double[][] {{3, 4}}, new double[] {1}, 1, List.of("test")).sgd(1, 0);
        Norms norms = new Norms();
        train(task, new OptimizerSettings(1, 0, NonFinite.IGNORE, true), 1, norms);
        assertThat(norms.values.getFirst()).isCloseTo(5, within(1e-6));
        assertThat(task.weights()).containsExactly(new double[] {3 / 5.000001, 4 / 5.000001}, within(1e-12));
    }

    @Test
    void valuesAreLimitedOneByOne() {
        LinearTask task = new LinearTask(new double[][] {{3, 0.1}}, new double[] {1}, 1, List.of("test")).sgd(1, 0);
        train(task, new OptimizerSettings(0, 0.5, NonFinite.IGNORE, true), 1);
        assertThat(task.weights()).containsExactly(new double[] {0.5, 0.1}, within(1e-12));
    }

    @Test
    void withBothLimitsBothHold() {
        // (3, 4) of norm 5 -> norm 2: (1.2, 1.6) -> at most 1.5: (1.2, 1.5).
        LinearTask task = new LinearTask(new double[][] {{3, 4}}, new double[] {1}, 1, List.of("test")).sgd(1, 0);
        train(task, new OptimizerSettings(2, 1.5, NonFinite.IGNORE, true), 1);
        assertThat(task.weights()).containsExactly(new double[] {1.2, 1.5}, within(1e-5));
    }

    @Test
    void withoutAPolicyNothingIsReadFromTheDevice() {
        LinearTask task = new LinearTask(3, 64, 5, 4);
        train(task, new OptimizerSettings(1, 0.5, NonFinite.IGNORE, true), 2);
        assertThat(task.deviceReads()).isZero();
    }

    @Test
    void aPolicyReadsOnceForEachStepAndNotForEachMicroBatch() {
        LinearTask task = new LinearTask(3, 64, 5, 4).accumulate(4);
        train(task, new OptimizerSettings(0, 0, NonFinite.SKIP, true), 2);
        assertThat(task.deviceReads()).isEqualTo(8).isEqualTo((int) task.stepper().steps());
    }

    @Test
    void ignoreStepsWithWhateverTheGradientsAre() {
        LinearTask task = samples(1, 1, 1).corrupt(1);
        assertThat(train(task, OptimizerSettings.DEFAULT, 1).failure()).isEmpty();
        assertThat(task.weights()[0]).isNaN();
        assertThat(task.stepper().steps()).isEqualTo(3);
    }

    @Test
    void skipLeavesTheStepOutAndGoesOnAsIfItHadNotBeen() {
        LinearTask broken = samples(1, 5, 1).corrupt(1).sgd(0.1, 0.9);
        LinearTask without = samples(1, 1).sgd(0.1, 0.9);
        OptimizerSettings skip = new OptimizerSettings(1, 0, NonFinite.SKIP, true);
        assertThat(train(broken, skip, 1).failure()).isEmpty();
        train(without, skip, 1);
        assertThat(broken.weights()).containsExactly(without.weights());
        assertThat(broken.stepper().skipped()).isEqualTo(1);
        assertThat(broken.stepper().steps()).isEqualTo(2);
    }

    @Test
    void skippedStepsAreRecordedWithoutFloodingTheEvents() {
        LinearTask task = samples(1, 1, 1, 1, 1, 1);
        for (int i = 0; i < 6; i++) {
            task.corrupt(i);
        }
        HookRun run = new HookRun(folder, task);
        run.add(20, new OptimizerHook(new OptimizerSettings(0, 0, NonFinite.SKIP, true)));
        run.epochs(1);
        assertThat(run.events("step_skipped")).containsExactly(
                Map.of("skipped", 1L), Map.of("skipped", 2L), Map.of("skipped", 4L));
        assertThat(task.stepper().skipped()).isEqualTo(6);
    }

    @Test
    void abortFailsTheRunAndSaysWhere() {
        LinearTask task = samples(1, 1, 1).corrupt(1);
        RunResult result = train(task, new OptimizerSettings(0, 0, NonFinite.ABORT, true), 1);
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.FAILED);
        assertThat(result.failure().orElseThrow()).hasMessageContaining("OptimizerHook")
                .hasMessageContaining("not finite in iteration 2").hasMessageContaining("loss Infinity");
        assertThat(task.stepper().steps()).isEqualTo(1);
        assertThat(task.weights()[0]).isCloseTo(0.1, within(1e-12));
    }

    @Test
    void theNormIsNotLoggedWhereItIsNotWanted() {
        Norms norms = new Norms();
        LinearTask task = samples(1, 1, 1);
        train(task, new OptimizerSettings(1, 0, NonFinite.IGNORE, false), 1, norms);
        assertThat(norms.values).isEmpty();
    }

    @Test
    void aLimitThatIsNotANumberAboveZeroIsRefused() {
        assertThatThrownBy(() -> new OptimizerSettings(-1, 0, NonFinite.IGNORE, true)).isInstanceOf(UserError.class)
                .hasMessageContaining("grad_clip.max_norm is -1.0");
        assertThatThrownBy(() -> new OptimizerSettings(0, Double.NaN, NonFinite.IGNORE, true))
                .isInstanceOf(UserError.class).hasMessageContaining("grad_clip.value");
        assertThatThrownBy(() -> NonFinite.parse("OptimizerHook", "skipp")).isInstanceOf(UserError.class)
                .hasMessageContaining("did you mean 'skip'");
    }

    @Test
    void parametersArriveFromTheConfiguration() {
        assertThat(OptimizerSettings.of(Configs.of(OptimizerConfig.class))).isEqualTo(OptimizerSettings.DEFAULT);
        assertThat(OptimizerSettings.of(Configs.of(OptimizerConfig.class, "gradClip_maxNorm", 1.5, "gradClip_value",
                0.5, "onNonfinite", "Skip", "logGradNorm", false)))
                .isEqualTo(new OptimizerSettings(1.5, 0.5, NonFinite.SKIP, false));
    }

    @Test
    void aWrongParameterFailsTheRunWithItsName() {
        HookRun run = new HookRun(folder, samples(1));
        run.add(20, new OptimizerHook(Configs.of(OptimizerConfig.class, "gradClip_maxNorm", -2.0)));
        RunResult result = run.epochs(1);
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.FAILED);
        assertThat(result.failure().orElseThrow())
                .hasMessageContaining("OptimizerHook: grad_clip.max_norm is -2.0, expected a number above 0")
                .hasRootCauseInstanceOf(UserError.class);
    }
}
