// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.momentumscheduler.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MomentumSchedulerHookTest {
    @TempDir
    Path folder;

    /** Steps, and remembers with which momentum and what was logged. */
    private static final class Stepping implements Hook {
        final List<Double> used = new ArrayList<>();
        int every = 1;

        @Override
        public void afterTrainIter(TrainingContext context) {
            if ((context.progress().iteration() + 1) % every == 0) {
                used.add(context.stepper().momentum());
                context.gradients().zero();
                context.gradients().backward(1);
                context.stepper().step();
            }
        }
    }

    private final Stepping stepping = new Stepping();
    private final List<Double> logged = new ArrayList<>();

    /** Eight iterations an epoch, momentum 0.9. */
    private static LinearTask task() {
        return new LinearTask(5, 32, 3, 4).sgd(0.01, 0.9);
    }

    private HookRun run(LinearTask task, Hook hook) {
        HookRun run = new HookRun(folder, task);
        run.add(20, stepping);
        run.add(20, hook);
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                logged.add(context.metrics().latest().get("momentum"));
            }
        });
        return run;
    }

    private static MomentumSchedulerHook hook(Object... values) {
        return new MomentumSchedulerHook(Configs.of(MomentumSchedulerConfig.class, values));
    }

    private static void close(List<Double> actual, double... expected) {
        assertThat(actual).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual.get(i)).as("step " + i).isCloseTo(expected[i], within(1e-12));
        }
    }

    @Test
    void linearGoesFromTheOptimizersMomentumToTheEndOverTheRun() {
        assertThat(run(task(), hook("schedule", "linear", "end", 0.5)).epochs(1).failure()).isEmpty();
        close(stepping.used, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55);
        assertThat(logged).isEqualTo(stepping.used);
    }

    @Test
    void cosineIsHalfAWaveAndThenStays() {
        run(task(), hook("start", 0.95, "end", 0.85, "total", 4L)).epochs(1);
        double quarter = Math.cos(Math.PI / 4);
        close(stepping.used, 0.95, 0.9 + 0.05 * quarter, 0.9, 0.9 - 0.05 * quarter, 0.85, 0.85, 0.85, 0.85);
    }

    @Test
    void cyclicGoesThereAndBack() {
        run(task(), hook("schedule", "cyclic", "start", 0.95, "end", 0.85, "total", 4L)).epochs(1);
        close(stepping.used, 0.95, 0.9, 0.85, 0.9, 0.95, 0.9, 0.85, 0.9);
    }

    @Test
    void itCountsOptimizerStepsAndNotMicroBatches() {
        stepping.every = 2;
        run(task(), hook("schedule", "linear", "end", 0.5, "total", 4L)).epochs(1);
        close(stepping.used, 0.9, 0.8, 0.7, 0.6);
        close(logged, 0.9, 0.9, 0.8, 0.8, 0.7, 0.7, 0.6, 0.6);
    }

    @Test
    void whereTheAccumulationChangesItNeitherJumpsNorMissesItsEnd() {
        LinearTask task = task();
        HookRun run = new HookRun(folder, task);
        List<Double> used = new ArrayList<>();
        run.add(20, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.gradients().lastOfStep()) {
                    used.add(context.stepper().momentum());
                    context.stepper().step();
                }
            }

            @Override
            public void afterTrainEpoch(TrainingContext context) {
                context.gradients().setAccumulate(2);
            }
        });
        run.add(20, hook("schedule", "linear", "end", 0.5));
        run.epochs(2);
        // Sixteen iterations: eight steps of one, then four of two.
        close(used, 0.9, 0.875, 0.85, 0.825, 0.8, 0.775, 0.75, 0.725, 0.7, 0.65, 0.6, 0.55);
    }

    @Test
    void aRestoredHookGoesOnAsIfItHadNotStopped() {
        MomentumSchedulerHook first = hook("schedule", "linear", "end", 0.5, "total", 16L);
        LinearTask whole = task();
        run(whole, first).epochs(1);
        List<Double> before = List.copyOf(stepping.used);
        stepping.used.clear();
        // The same task goes on: its optimizer has the momentum and the steps of the end.
        MomentumSchedulerHook second = hook("schedule", "linear", "end", 0.5, "total", 16L);
        second.loadState(1, first.saveState());
        run(whole, second).epochs(1);
        List<Double> both = new ArrayList<>(before);
        both.addAll(stepping.used);
        stepping.used.clear();
        run(task(), hook("schedule", "linear", "end", 0.5, "total", 16L)).epochs(2);
        assertThat(both).isEqualTo(stepping.used).hasSize(16);
    }

    @Test
    void mistakesAreNamed() {
        assertThat(run(task(), hook("schedule", "cosin")).epochs(1).failure().orElseThrow())
                .hasMessageContaining("schedule is 'cosin'").hasMessageContaining("cosine");
        assertThat(run(task(), hook("end", 1.0)).epochs(1).failure().orElseThrow())
                .hasMessageContaining("end is 1.0, expected 0 up to below 1");
        assertThatThrownBy(() -> hook().loadState(1, Map.of())).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no number 'own'");
    }
}
