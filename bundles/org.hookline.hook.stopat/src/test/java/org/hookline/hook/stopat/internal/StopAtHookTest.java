// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.stopat.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.engine.RunResult;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StopAtHookTest {
    @TempDir
    Path folder;

    /** Trains, evaluates at the end of each epoch, and may take its time. */
    private record Training(long millis) implements Hook {
        @Override
        public void afterTrainIter(TrainingContext context) throws InterruptedException {
            context.gradients().zero();
            context.gradients().backward(1);
            context.stepper().step();
            Thread.sleep(millis);
        }

        @Override
        public void afterTrainEpoch(TrainingContext context) {
            context.evaluation().evaluate("validation");
            context.evaluation().evaluate("test");
        }
    }

    /** One iteration an epoch; the training losses are 1/2, 1/8, 1/32 ..., those of the evaluations 1/8, 1/32 ... */
    private static LinearTask halving() {
        return new LinearTask(new double[][] {{1}}, new double[] {1}, 1, List.of("validation", "test")).sgd(0.5, 0);
    }

    private RunResult run(long millis, int epochs, Object... values) {
        HookRun run = new HookRun(folder, halving());
        run.add(20, new Training(millis));
        run.add(30, new StopAtHook(Configs.of(StopAtConfig.class, values)));
        return run.epochs(epochs);
    }

    @Test
    void itStopsWhenSoManyIterationsAreDone() {
        RunResult result = run(0, 50, "iteration", 7L);
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.STOPPED);
        assertThat(result.iterations()).isEqualTo(7);
        assertThat(result.reason().orElseThrow()).isEqualTo("StopAtHook: iteration 7 is done");
    }

    @Test
    void itStopsAfterTheTime() {
        long start = System.nanoTime();
        RunResult result = run(40, 100, "time", "1s");
        // The hook asks the wall clock, which may go a little faster.
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(990_000_000L);
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.STOPPED);
        assertThat(result.iterations()).isBetween(2L, 26L);
        assertThat(result.reason().orElseThrow()).isEqualTo("StopAtHook: the time of 1s is over");
    }

    @Test
    void itStopsWhenAnEvaluationHasReachedTheValue() {
        RunResult result = run(0, 50, "metric", "test/loss <= 0.01");
        assertThat(result.iterations()).isEqualTo(3);
        assertThat(result.reason().orElseThrow())
                .isEqualTo("StopAtHook: test/loss is 0.0078125, test/loss <= 0.01 is reached");
        assertThat(run(0, 50, "metric", "test/score>=0.95").iterations()).isEqualTo(2);
    }

    @Test
    void itStopsWhenTheMedianOfTheTrainingLossHasReachedTheValue() {
        // Medians of two: (1/2 + 1/8) / 2, then (1/32 + 1/128) / 2 = 0.0195.
        assertThat(run(0, 50, "metric", "loss <= 0.02", "period", 2).iterations()).isEqualTo(4);
    }

    /** The iterations of a run in which a fresh hook takes the place of the first after so many, with its state. */
    private long iterations(long replacedAfter) {
        HookRun run = new HookRun(folder, halving());
        run.add(20, new Training(0));
        long id = run.add(30, new StopAtHook(Configs.of(StopAtConfig.class, "metric", "loss <= 0.02", "period", 4)));
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() + 1 == replacedAfter) {
                    run.remove(id);
                    run.add(30, new StopAtHook(
                            Configs.of(StopAtConfig.class, "metric", "loss <= 0.02", "period", 4)));
                }
            }
        });
        return run.epochs(50).iterations();
    }

    @Test
    void aFreshInstanceWithTheStateOfAnotherLooksAtTheSameValues() {
        // The median of the first four is 5/64; that of the third and fourth alone, 0.0195, would stop the run.
        assertThat(iterations(-1)).isEqualTo(8);
        for (long after = 1; after < 8; after++) {
            assertThat(iterations(after)).as("replaced after %d", after).isEqualTo(8);
        }
    }

    @Test
    void whatIsNotReachedStopsNothing() {
        assertThat(run(0, 9, "metric", "test/score >= 1.5", "iteration", 10L, "time", "1h").outcome())
                .isEqualTo(RunResult.Outcome.COMPLETED);
    }

    @ParameterizedTest
    @CsvSource({"2h30m,9000", "90m,5400", "45s,45", "1d,86400", "1h 5m 2s,3902", "0h1s,1"})
    void timesAreRead(String text, long seconds) {
        assertThat(TimeLimit.parse(text)).isEqualTo(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "h", "2h30", "-1h", "1.5h", "0s", "99999999999999999999h", "9223372036854775807d"})
    void timesThatCannotBeReadAreNamed(String text) {
        assertThatThrownBy(() -> TimeLimit.parse(text)).isInstanceOf(UserError.class)
                .hasMessage("StopAtHook: time is '" + text + "', expected a time such as 2h30m, 90m or 45s");
    }

    @Test
    void conditionsAreReadAndNanNeverHolds() {
        assertThat(Condition.parse(" a/b>=1e-3 ")).isEqualTo(new Condition("a/b", true, 0.001));
        assertThat(Condition.parse("loss <= -2").holds(-2)).isTrue();
        assertThat(Condition.parse("loss <= -2").holds(-1.9)).isFalse();
        assertThat(Condition.parse("loss <= 2").holds(Double.NaN)).isFalse();
        for (String bad : List.of("loss", "loss < 2", "loss <= x", ">= 2", "loss <= NaN", "a b <= 1")) {
            assertThatThrownBy(() -> Condition.parse(bad)).isInstanceOf(UserError.class).hasMessageContaining("'" + bad
                    + "'");
        }
    }

    @Test
    void mistakesAreNamed() {
        assertThat(run(0, 1).failure().orElseThrow()).hasMessageContaining("expected time, iteration or metric");
        assertThat(run(0, 1, "metric", "tset/loss <= 1").failure().orElseThrow()).hasMessageContaining("test");
        assertThat(run(0, 1, "metric", "test/los <= 1").failure().orElseThrow())
                .hasMessageContaining("there is no metric 'test/los'").hasMessageContaining("test/loss");
    }
}
