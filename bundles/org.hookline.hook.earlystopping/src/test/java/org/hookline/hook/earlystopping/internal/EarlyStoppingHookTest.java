// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.earlystopping.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.engine.RunResult;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EarlyStoppingHookTest {
    @TempDir
    Path folder;

    /** Trains and evaluates at the end of each epoch. */
    private static final class Training implements Hook {
        @Override
        public void afterTrainIter(TrainingContext context) {
            context.gradients().zero();
            context.gradients().backward(1);
            context.stepper().step();
        }

        @Override
        public void afterTrainEpoch(TrainingContext context) {
            for (String split : context.evaluation().splits()) {
                context.evaluation().evaluate(split);
            }
        }
    }

    private static EarlyStoppingHook hook(Object... values) {
        return new EarlyStoppingHook(Configs.of(EarlyStoppingConfig.class, values));
    }

    private HookRun run(LinearTask task, Hook hook) {
        HookRun run = new HookRun(folder, task);
        run.add(20, new Training());
        run.add(30, hook);
        return run;
    }

    /** One weight, one iteration an epoch, target 1: each step with lr 0.5 halves the error, the loss is a quarter. */
    private static LinearTask halving() {
        return new LinearTask(new double[][] {{1}}, new double[] {1}, 1, List.of("validation", "test")).sgd(0.5, 0);
    }

    @Test
    void aRunThatGetsNoBetterIsStopped() {
        // Losses 1/8, 1/32, 1/128, ...: after the first none is better by 0.2.
        HookRun run = run(halving(), hook("patience", 2, "threshold", 0.2));
        RunResult result = run.epochs(20);
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.STOPPED);
        assertThat(result.iterations()).isEqualTo(3);
        assertThat(result.reason().orElseThrow())
                .isEqualTo("EarlyStoppingHook: validation/loss is 0.0078125, no better "
                + "than 0.125 of iteration 1 for 2 evaluations");
        assertThat(run.events("early_stop")).containsExactly(Map.of("metric", "validation/loss", "value", 0.0078125,
                "best", 0.125, "best_iteration", 1L));
    }

    @Test
    void aRunThatGetsBetterGoesOn() {
        RunResult result = run(halving(), hook("patience", 1)).epochs(20);
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.COMPLETED);
    }

    @Test
    void theDirectionComesFromTheMetric() {
        assertThat(run(halving(), hook("patience", 1, "metric", "test/score")).epochs(12).outcome())
                .isEqualTo(RunResult.Outcome.COMPLETED);
        assertThat(run(halving(), hook("patience", 1, "metric", "test/score", "mode", "min")).epochs(12).iterations())
                .isEqualTo(2);
    }

    @Test
    void aLossThatIsNotFiniteStopsAtOnce() {
        LinearTask broken = new LinearTask(new double[][] {{1}}, new double[] {1}, 1, List.of("test")).sgd(1e200, 0);
        RunResult result = run(broken, hook("patience", 100)).epochs(50);
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.STOPPED);
        assertThat(result.reason().orElseThrow()).contains("which is not finite");
        assertThat(result.iterations()).isLessThan(5);
    }

    @Test
    void aRestoredHookGoesOnAsIfItHadNotStopped() {
        EarlyStoppingHook first = hook("patience", 3, "threshold", 0.2);
        // Waits for 1 of 3 when it ends.
        assertThat(run(halving(), first).epochs(2).outcome()).isEqualTo(RunResult.Outcome.COMPLETED);
        EarlyStoppingHook second = hook("patience", 3, "threshold", 0.2);
        second.loadState(1, first.saveState());
        LinearTask rest = halving();
        rest.weights()[0] = 0.75;
        RunResult result = run(rest, second).epochs(10);
        // Two more, as in a run that had not stopped: that one ends after 4.
        assertThat(result.iterations()).isEqualTo(2);
        assertThat(run(halving(), hook("patience", 3, "threshold", 0.2)).epochs(12).iterations()).isEqualTo(4);
    }

    @Test
    void evaluationsBeforeAHookJoinedLateDoNotCount() {
        HookRun run = new HookRun(folder, halving());
        run.add(20, new Training());
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 4) {
                    run.add(30, hook("patience", 2, "threshold", 0.2));
                }
            }
        });
        // Joins in epoch 6; its first evaluation is its best, two more stop it.
        assertThat(run.epochs(20).iterations()).isEqualTo(8);
    }

    @Test
    void mistakesAreNamedWithTheNearestChoice() {
        assertThat(run(halving(), hook("metric", "test/scores")).epochs(1).failure().orElseThrow())
                .hasMessageContaining("there is no metric 'test/scores' of an evaluation")
                .hasMessageContaining("test/score");
        assertThat(run(halving(), hook("metric", "loss")).epochs(1).failure().orElseThrow())
                .hasMessageContaining("there is no metric 'loss' of an evaluation");
        assertThat(run(halving(), hook("mode", "mix")).epochs(1).failure().orElseThrow())
                .hasMessageContaining("mode is 'mix'").hasMessageContaining("max");
        assertThat(run(halving(), hook("patience", 0)).epochs(1).failure().orElseThrow())
                .hasMessageContaining("patience is 0, expected 1 or more");
        assertThatThrownBy(() -> hook().loadState(1, Map.of("x", 1))).isInstanceOf(IllegalArgumentException.class);
    }
}
