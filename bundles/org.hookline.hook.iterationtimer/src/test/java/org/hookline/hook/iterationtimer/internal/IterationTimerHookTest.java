// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.iterationtimer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.data.Offset;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IterationTimerHookTest {
    private static final Offset<Double> EXACT = within(1e-12);

    @TempDir
    Path folder;

    private long now = TimeUnit.SECONDS.toNanos(100);

    private void pass(double milliseconds) {
        now += Math.round(milliseconds * 1e6);
    }

    /** Time goes by where work is done: 20 ms in the first iteration, 4 ms in the others. */
    private final class Work implements Hook {
        boolean evaluates;

        @Override
        public void afterTrainIter(TrainingContext context) {
            pass(context.progress().iteration() == 0 ? 20 : 4);
        }

        @Override
        public void afterTrainEpoch(TrainingContext context) {
            if (evaluates) {
                context.evaluation().evaluate("test");
            }
        }
    }

    /** Comes after the timer: writing logs takes 1 ms, evaluating 500 ms. */
    private final class Slow implements Hook {
        final List<Double> iterTimes = new ArrayList<>();
        final List<Double> stepTimes = new ArrayList<>();
        final List<Double> rates = new ArrayList<>();
        final List<Double> epochTimes = new ArrayList<>();

        @Override
        public void afterTrainIter(TrainingContext context) {
            pass(1);
            iterTimes.add(context.metrics().series("iter_time").orElseThrow().latest());
            stepTimes.add(context.metrics().series("step_time").orElseThrow().latest());
            rates.add(context.metrics().series("samples_per_second").orElseThrow().latest());
        }

        @Override
        public void beforeEvaluate(TrainingContext context) {
            pass(500);
        }

        @Override
        public void afterTrainEpoch(TrainingContext context) {
            epochTimes.add(context.metrics().series("epoch_time").orElseThrow().latest());
        }
    }

    private final Work work = new Work();
    private final Slow slow = new Slow();

    private HookRun run(LinearTask task, int warmup) {
        HookRun run = new HookRun(folder, task);
        run.add(20, work);
        run.add(30, new IterationTimerHook(warmup, () -> now));
        run.add(40, slow);
        return run;
    }

    private static LinearTask task() {
        return new LinearTask(5, 32, 3, 8);
    }

    @Test
    void anIterationLastsFromOneEndToTheNext() {
        run(task(), 0).epochs(1);
        // From the second on: 1 ms of what came after the timer, and 4 ms of work.
        assertThat(slow.iterTimes).hasSize(4);
        assertThat(slow.iterTimes.get(0)).isCloseTo(0.020, EXACT);
        assertThat(slow.iterTimes.get(1)).isCloseTo(0.005, EXACT);
        assertThat(slow.stepTimes.get(1)).isCloseTo(0.004, EXACT);
        assertThat(slow.rates.get(1)).isCloseTo(8 / 0.005, within(1e-6));
    }

    @Test
    void evaluationsAreInNoIterationAndNoEpoch() {
        work.evaluates = true;
        HookRun run = run(task(), 0);
        run.epochs(2);
        assertThat(slow.iterTimes.get(4)).isCloseTo(0.005, EXACT);
        assertThat(slow.epochTimes.get(0)).isCloseTo(0.020 + 3 * 0.005 + 0.001, EXACT);
        assertThat(slow.epochTimes.get(1)).isCloseTo(4 * 0.005, EXACT);
        assertThat((double) run.events("timing").getFirst().get("evaluation_seconds")).isCloseTo(1.0, EXACT);
    }

    @Test
    void warmUpIsInNeitherTheCountNorTheTime() {
        HookRun run = run(task(), 2);
        run.epochs(2);
        Map<String, Object> timing = run.events("timing").getFirst();
        assertThat(timing).containsEntry("iterations", 6L).containsEntry("warmup", 2L).containsEntry("samples", 48L);
        assertThat((double) timing.get("seconds")).isCloseTo(6 * 0.005, EXACT);
        assertThat((double) timing.get("iter_time")).isCloseTo(0.005, EXACT);
        assertThat((double) timing.get("step_time")).isCloseTo(0.004, EXACT);
        assertThat((double) timing.get("samples_per_second")).isCloseTo(1600, within(1e-6));
    }

    @Test
    void iterationModeIsMeasuredTheSame() {
        HookRun run = run(task(), 1);
        run.iterations(6);
        Map<String, Object> timing = run.events("timing").getFirst();
        assertThat(timing).containsEntry("iterations", 5L);
        assertThat((double) timing.get("iter_time")).isCloseTo(0.005, EXACT);
    }

    @Test
    void aRunThatIsAllWarmUpSaysSo() {
        HookRun run = run(task(), 10);
        run.epochs(1);
        assertThat(run.events("timing").getFirst()).containsEntry("iterations", 0L).doesNotContainKey("iter_time");
        Totals totals = new Totals();
        totals.addWarmup();
        assertThat(totals.text()).isEqualTo("nothing to measure: all 1 iterations were warm-up");
    }

    @Test
    void theSummaryIsOneReadableLine() {
        Totals totals = new Totals();
        totals.addWarmup();
        for (int i = 0; i < 2000; i++) {
            totals.add(64, 0.005, 0.00025, 0.004);
        }
        totals.addEvaluation(1.5);
        assertThat(totals.text()).isEqualTo("2,000 iterations in 10.00 s (1 more for warm-up): 5.000 ms each, of which "
                + "data 0.250 ms and step 4.000 ms; 12,800 samples/s; evaluation 1.50 s");
    }

    @Test
    void itsStateGoesOnInAnotherInstance() {
        HookRun run = new HookRun(folder, task());
        run.add(20, work);
        long[] id = {run.add(30, new IterationTimerHook(2, () -> now), "hook.name", "timer")};
        run.add(40, slow);
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 4) {
                    long old = id[0];
                    id[0] = run.add(30, new IterationTimerHook(2, () -> now), "hook.name", "timer");
                    run.remove(old);
                }
            }
        });
        run.epochs(2);
        assertThat(run.events("hook_replaced")).hasSize(1);
        assertThat(run.events("timing").getFirst()).containsEntry("iterations", 6L).containsEntry("warmup", 2L);
        assertThatThrownBy(() -> Totals.load(Map.of("warmup", 1))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'iterations'");
    }

    @Test
    void measuringNeverWaitsForTheDevice() {
        LinearTask task = task();
        HookRun run = new HookRun(folder, task);
        run.add(30, new IterationTimerHook(Configs.of(IterationTimerConfig.class)));
        run.epochs(4);
        assertThat(task.deviceReads()).isZero();
        assertThat(run.events("timing").getFirst()).containsEntry("warmup", 10L).containsEntry("iterations", 6L);
    }
}
