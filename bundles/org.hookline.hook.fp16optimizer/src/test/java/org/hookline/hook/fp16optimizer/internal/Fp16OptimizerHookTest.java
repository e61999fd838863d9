// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.fp16optimizer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.Precision;
import org.hookline.engine.RunResult;
import org.hookline.hook.optimizer.internal.OptimizerHook;
import org.hookline.hook.optimizer.internal.OptimizerSettings;
import org.hookline.stepping.Clipping;
import org.hookline.stepping.NonFinite;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The hook's own doing, with a model whose numbers are exact; powers of two as scales change none of them. */
class Fp16OptimizerHookTest {
    @TempDir
    Path folder;

    private static Fp16OptimizerSettings settings(double scale, long interval, double minimum, Clipping clipping) {
        return new Fp16OptimizerSettings(new LossScale.Settings(scale, 2, 0.5, interval, minimum), clipping,
                NonFinite.IGNORE);
    }

    private static Fp16OptimizerHook hook(double scale, long interval) {
        return new Fp16OptimizerHook(settings(scale, interval, 0, Clipping.NONE));
    }

    /** One weight; with w = 0 the gradient of a sample is -y. */
    private static LinearTask samples(double... ys) {
        double[][] xs = new double[ys.length][1];
        for (double[] x : xs) {
            x[0] = 1;
        }
        return new LinearTask(xs, ys, 1, List.of("test"));
    }

    /** Values of a metric after each iteration in which there was a new one. */
    private static final class Values implements Hook {
        private final String metric;
        private final List<Double> values = new ArrayList<>();
        private long seen = -1;

        Values(String metric) {
            this.metric = metric;
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            context.metrics().series(metric).filter(s -> s.latestIteration() != seen).ifPresent(s -> {
                seen = s.latestIteration();
                values.add(s.latest());
            });
        }
    }

    private RunResult train(LinearTask task, int epochs, Hook... hooks) {
        HookRun run = new HookRun(folder, task);
        run.add(20, hooks[0]);
        for (int i = 1; i < hooks.length; i++) {
            run.add(60, hooks[i]);
        }
        return run.epochs(epochs);
    }

    @Test
    void withoutOverflowEveryStepIsThatOfOptimizerHook() {
        LinearTask plain = new LinearTask(3, 64, 5, 4).accumulate(3).sgd(0.1, 0.9);
        LinearTask scaled = new LinearTask(3, 64, 5, 4).accumulate(3).sgd(0.1, 0.9);
        assertThat(train(plain, 4, new OptimizerHook(new OptimizerSettings(0.5, 0.2, NonFinite.IGNORE, true)))
                .failure()).isEmpty();
        assertThat(train(scaled, 4, new Fp16OptimizerHook(settings(1024, 3, 0, new Clipping(0.5, 0.2, true))))
                .failure()).isEmpty();
        assertThat(scaled.weights()).containsExactly(plain.weights(), within(1e-12));
        assertThat(scaled.stepper().steps()).isEqualTo(plain.stepper().steps()).isEqualTo(24);
    }

    @Test
    void fp16WithClippingAndAccumulationDoesNotCrashAndClipsWithTheTrueNorm() {
        // Micro-batches of gradient -10 and +8: -1 together, within the limit; clipped one by one they would cancel
        // out, and with the loss scale still in they would be clipped to nearly nothing.
        Values norms = new Values("grad_norm");
        LinearTask task = samples(10, -8).accumulate(2).sgd(0.1, 0);
        Hook hook = new Fp16OptimizerHook(settings(65536, 2000, 0, new Clipping(1.5, 0, true)));
        assertThat(train(task, 1, hook, norms).failure()).isEmpty();
        assertThat(task.weights()[0]).isCloseTo(0.1, within(1e-12));
        assertThat(norms.values).singleElement().satisfies(n -> assertThat(n).isCloseTo(1, within(1e-6)));

        LinearTask far = samples(10, 8).accumulate(2).sgd(0.1, 0);
        train(far, 1, new Fp16OptimizerHook(settings(65536, 2000, 0, new Clipping(1.5, 0, true))));
        assertThat(far.weights()[0]).isCloseTo(0.15, within(1e-6));
    }

    @Test
    void theScaleIsTakenOutOnceForEachRealStep() {
        LinearTask task = new LinearTask(3, 64, 5, 4).accumulate(4);
        train(task, 2, hook(65536, 2000));
        assertThat(task.stepper().steps()).isEqualTo(8);
        // One look at the gradients for each step, none for a micro-batch.
        assertThat(task.deviceReads()).isEqualTo(8);
    }

    @Test
    void anIncompleteAccumulationAtTheEndOfAnEpochIsSteppedWithItsOwnMean() {
        // As in OptimizerHook: w = 0.2 after the step of two, then -4.8 over one micro-batch.
        LinearTask task = samples(1, 3, 5).accumulate(2).sgd(0.1, 0);
        train(task, 1, hook(4096, 2000));
        assertThat(task.stepper().steps()).isEqualTo(2);
        assertThat(task.weights()[0]).isCloseTo(0.68, within(1e-12));
    }

    @Test
    void anOverflowLeavesTheStepOutAndHalvesTheScale() {
        LinearTask task = samples(1, 1, 1, 1, 1, 1).corrupt(1).corrupt(2).sgd(0.1, 0.9);
        LinearTask without = samples(1, 1, 1, 1).sgd(0.1, 0.9);
        Values scales = new Values("loss_scale");
        HookRun run = new HookRun(folder, task);
        run.add(20, hook(1024, 2));
        run.add(60, scales);
        assertThat(run.epochs(1).failure()).isEmpty();
        train(without, 1, hook(1024, 2000));
        assertThat(task.weights()).containsExactly(without.weights());
        assertThat(task.stepper().skipped()).isEqualTo(2);
        assertThat(task.stepper().steps()).isEqualTo(4);
        // Used in each step: two finite steps in a row double it for the one after.
        assertThat(scales.values).containsExactly(1024.0, 1024.0, 512.0, 256.0, 256.0, 512.0);
        assertThat(run.events("step_skipped")).containsExactly(
                Map.of("skipped", 1L, "loss_scale", 512.0), Map.of("skipped", 2L, "loss_scale", 256.0));
    }

    @Test
    void oneBadMicroBatchSpoilsItsWholeStepAndNoOther() {
        LinearTask task = samples(1, 1, 1, 1).accumulate(2).corrupt(0).sgd(0.1, 0);
        train(task, 1, hook(1024, 2000));
        assertThat(task.stepper().skipped()).isEqualTo(1);
        assertThat(task.stepper().steps()).isEqualTo(1);
        assertThat(task.weights()[0]).isCloseTo(0.1, within(1e-12));
    }

    @Test
    void gradientsThatStayInfiniteFailTheRunAndSayWhy() {
        LinearTask task = samples(new double[40]);
        IntStream.range(5, 40).forEach(task::corrupt);
        Hook hook = new Fp16OptimizerHook(settings(8, 2000, 1, Clipping.NONE));
        RunResult result = train(task, 1, hook);
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.FAILED);
        assertThat(result.failure().orElseThrow()).hasMessageContaining("not finite in iteration 9")
                .hasMessageContaining("loss scale has fallen to 0.5").hasMessageContaining("AutogradAnomalyDetectHook");
        assertThat(task.stepper().steps()).isEqualTo(5);
    }

    @Test
    void bf16HasNoScaleAndReadsNothing() {
        LinearTask plain = new LinearTask(3, 64, 5, 4).accumulate(3).sgd(0.1, 0.9);
        LinearTask task = new LinearTask(3, 64, 5, 4).accumulate(3).sgd(0.1, 0.9).precision(Precision.Type.BF16);
        Values scales = new Values("loss_scale");
        train(plain, 2, new OptimizerHook(OptimizerSettings.DEFAULT));
        train(task, 2, hook(65536, 2000));
        assertThat(task.deviceReads()).isZero();
        assertThat(task.weights()).containsExactly(plain.weights());
        LinearTask again = samples(1, 2).precision(Precision.Type.BF16);
        train(again, 1, hook(65536, 2000), scales);
        assertThat(scales.values).isEmpty();
        assertThat(again.precision().type()).isEqualTo(Precision.Type.BF16);
    }

    @Test
    void inBf16AStepThatIsNotFiniteIsTreatedAsThePolicySays() {
        LinearTask task = samples(1, 1, 1).corrupt(1).precision(Precision.Type.BF16);
        Hook skip = new Fp16OptimizerHook(
                new Fp16OptimizerSettings(LossScale.Settings.DEFAULT, Clipping.NONE, NonFinite.SKIP));
        train(task, 1, skip);
        assertThat(task.stepper().skipped()).isEqualTo(1);
        LinearTask failing = samples(1, 1, 1).corrupt(1).precision(Precision.Type.BF16);
        RunResult result = train(failing, 1, new Fp16OptimizerHook(
                new Fp16OptimizerSettings(LossScale.Settings.DEFAULT, Clipping.NONE, NonFinite.ABORT)));
        assertThat(result.failure().orElseThrow()).hasMessageContaining("not finite in iteration 2");
    }

    @Test
    void aRunInFullPrecisionIsSwitchedToFp16() {
        LinearTask task = samples(1, 1);
        train(task, 1, hook(8, 2000));
        assertThat(task.precision().type()).isEqualTo(Precision.Type.FP16);
    }

    @Test
    void scalerStateIsSavedAndARestoredHookGoesOnEqual() {
        // An overflow before and after the exchange, growth after it; the exchange comes inside an accumulation.
        LinearTask whole = samples(new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}).accumulate(2).corrupt(2)
                .corrupt(9).sgd(0.1, 0.9);
        Fp16OptimizerHook one = hook(1024, 2);
        train(whole, 1, one);

        LinearTask task = samples(new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}).accumulate(2).corrupt(2)
                .corrupt(9).sgd(0.1, 0.9);
        Fp16OptimizerHook before = hook(1024, 2);
        Fp16OptimizerHook after = hook(1, 2);
        HookRun run = new HookRun(folder, task);
        long id = run.add(20, before);
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 4) {
                    run.add(20, after);
                    run.remove(id);
                }
            }
        });
        assertThat(run.epochs(1).failure()).isEmpty();
        assertThat(run.events("hook_replaced")).singleElement().asString().contains("state_carried=true");
        assertThat(task.weights()).containsExactly(whole.weights());
        assertThat(after.saveState()).isEqualTo(one.saveState());
        assertThat(task.stepper().skipped()).isEqualTo(2);
    }

    @Test
    void takingOverFromOptimizerHookInsideAnAccumulationLosesNothing() {
        LinearTask whole = samples(1, 2, 3, 4, 5, 6).accumulate(3).sgd(0.1, 0.9);
        train(whole, 1, new OptimizerHook(OptimizerSettings.DEFAULT));
        LinearTask task = samples(1, 2, 3, 4, 5, 6).accumulate(3).sgd(0.1, 0.9);
        HookRun run = new HookRun(folder, task);
        long id = run.add(20, new OptimizerHook(OptimizerSettings.DEFAULT));
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 1) {
                    run.add(20, hook(1024, 2000));
                    run.remove(id);
                }
            }
        });
        assertThat(run.epochs(1).failure()).isEmpty();
        assertThat(task.weights()).containsExactly(whole.weights(), within(1e-12));
    }

    @Test
    void aSecondOptimizerHookThatComesInTheMiddleOfARunStandsAsideUntilTheFirstLeaves() {
        LinearTask whole = samples(1, 2, 3, 4, 5, 6).sgd(0.1, 0.9);
        train(whole, 1, new OptimizerHook(OptimizerSettings.DEFAULT));
        LinearTask task = samples(1, 2, 3, 4, 5, 6).sgd(0.1, 0.9);
        Values scales = new Values("loss_scale");
        HookRun run = new HookRun(folder, task);
        long id = run.add(20, new OptimizerHook(OptimizerSettings.DEFAULT));
        run.add(60, scales);
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 1) {
                    run.add(20, hook(1024, 2000));
                } else if (context.progress().iteration() == 3) {
                    run.remove(id);
                }
            }
        });
        assertThat(run.epochs(1).failure()).isEmpty();
        assertThat(task.weights()).containsExactly(whole.weights(), within(1e-12));
        assertThat(scales.values).containsExactly(1024.0, 1024.0);
    }

    @Test
    void twoOptimizerHooksInOneRunAreAClearError() {
        HookRun run = new HookRun(folder, samples(1, 1));
        run.add(20, new OptimizerHook(OptimizerSettings.DEFAULT));
        run.add(20, hook(8, 2000));
        RunResult result = run.epochs(1);
        assertThat(result.failure().orElseThrow()).hasRootCauseInstanceOf(UserError.class)
                .hasMessageContaining("Fp16OptimizerHook")
                .hasMessageContaining("has an optimizer hook already, OptimizerHook");
    }

    @Test
    void parametersArriveFromTheConfiguration() {
        assertThat(Fp16OptimizerSettings.of(Configs.of(Fp16OptimizerConfig.class)))
                .isEqualTo(Fp16OptimizerSettings.DEFAULT);
        assertThat(Fp16OptimizerSettings.of(Configs.of(Fp16OptimizerConfig.class, "initScale", 512.0,
                "growthFactor", 4.0,
                "backoffFactor", 0.25, "growthInterval", 7L, "minScale", 1.0, "gradClip_maxNorm", 1.5, "gradClip_value",
                0.5, "onNonfinite", "Skip", "logGradNorm", false)))
                .isEqualTo(new Fp16OptimizerSettings(new LossScale.Settings(512, 4, 0.25, 7, 1),
                        new Clipping(1.5, 0.5, false), NonFinite.SKIP));
    }

    @Test
    void aWrongParameterFailsTheRunWithItsName() {
        HookRun run = new HookRun(folder, samples(1));
        run.add(20, new Fp16OptimizerHook(Configs.of(Fp16OptimizerConfig.class, "growthFactor", 0.5)));
        assertThat(run.epochs(1).failure().orElseThrow())
                .hasMessageContaining("Fp16OptimizerHook: growth_factor is 0.5, expected a number above 1");
    }
}
