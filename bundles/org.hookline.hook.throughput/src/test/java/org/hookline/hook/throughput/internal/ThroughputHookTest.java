// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.throughput.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThroughputHookTest {
    @TempDir
    Path folder;

    private long clock;

    /** Iteration i takes i + 1 seconds and an evaluation 1000; remembers what was logged, by iteration and name. */
    private final class Slow implements Hook {
        final Map<String, Double> logged = new LinkedHashMap<>();
        boolean evaluates;

        @Override
        public void beforeTrainIter(TrainingContext context) {
            clock += (context.progress().iteration() + 1) * 1_000_000_000L;
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            if (evaluates) {
                context.evaluation().evaluate("test");
            }
            long iteration = context.progress().iteration();
            for (String name : context.metrics().names()) {
                if (name.startsWith("throughput/")) {
                    var series = context.metrics().series(name).orElseThrow();
                    if (series.latestIteration() == iteration) {
                        logged.put(iteration + " " + name.substring(11), series.latest());
                    }
                }
            }
        }
    }

    private final Slow slow = new Slow();

    /** Eight iterations of 4 samples, the last of 2. */
    private HookRun run(Object... values) {
        HookRun run = new HookRun(folder, new LinearTask(5, 30, 3, 4));
        run.add(30, new ThroughputHook(Configs.of(ThroughputConfig.class, values), () -> clock));
        run.add(40, new Hook() {
            @Override
            public void beforeEvaluate(TrainingContext context) {
                clock += 1000_000_000_000L;
            }
        });
        run.add(60, slow);
        return run;
    }

    @Test
    void itMeasuresOverTheWindow() {
        assertThat(run("window", 2, "period", 1).epochs(1).failure()).isEmpty();
        // After iteration i >= 2 the window is (i + 1) + i seconds for 8 samples; the last has 6.
        assertThat(slow.logged).doesNotContainKey("0 samples_per_second");
        assertThat(slow.logged.get("1 samples_per_second")).isCloseTo(4 / 2.0, within(1e-9));
        assertThat(slow.logged.get("2 samples_per_second")).isCloseTo(8 / 5.0, within(1e-9));
        assertThat(slow.logged.get("6 samples_per_second")).isCloseTo(8 / 13.0, within(1e-9));
        assertThat(slow.logged.get("7 samples_per_second")).isCloseTo(6 / 15.0, within(1e-9));
    }

    @Test
    void itLogsEachPeriod() {
        run("window", 50, "period", 4).epochs(1);
        assertThat(slow.logged.keySet()).containsExactly("3 samples_per_second", "3 tflops", "7 samples_per_second",
                "7 tflops");
        // Iterations 1 to 3: 12 samples in 2 + 3 + 4 seconds.
        assertThat(slow.logged.get("3 samples_per_second")).isCloseTo(12 / 9.0, within(1e-9));
    }

    @Test
    void evaluationsAreNotCounted() {
        slow.evaluates = true;
        run("window", 2, "period", 1).epochs(1);
        assertThat(slow.logged.get("2 samples_per_second")).isCloseTo(8 / 5.0, within(1e-9));
    }

    @Test
    void operationsAreThoseOfOneForwardAndTwiceThatBackward() {
        run("window", 2, "period", 1, "peakTflops", 1e-10).epochs(1);
        // Three weights: six operations forward, eighteen in all; 8 samples in 5 seconds.
        assertThat(slow.logged.get("2 tflops")).isCloseTo(18 * 8 / 5.0 * 1e-12, within(1e-18));
        assertThat(slow.logged.get("2 mfu")).isCloseTo(18 * 8 / 5.0 * 1e-2, within(1e-9));
    }

    @Test
    void withoutAPeakThereIsNoShareOfIt() {
        run("window", 2, "period", 1).epochs(1);
        assertThat(slow.logged).containsKey("2 tflops").doesNotContainKey("2 mfu");
    }

    @Test
    void itNeverWaitsForTheDevice() {
        LinearTask task = new LinearTask(5, 30, 3, 4);
        HookRun run = new HookRun(folder, task);
        run.add(30, new ThroughputHook(Configs.of(ThroughputConfig.class)));
        run.epochs(3);
        assertThat(task.deviceReads()).isZero();
    }

    @Test
    void mistakesAreNamed() {
        assertThat(run("window", 0).epochs(1).failure().orElseThrow())
                .hasMessageContaining("window is 0, expected 1 or more");
        assertThat(run("peakTflops", -1.0).epochs(1).failure().orElseThrow())
                .hasMessageContaining("peak_tflops is -1.0, expected 0 or more");
    }
}
