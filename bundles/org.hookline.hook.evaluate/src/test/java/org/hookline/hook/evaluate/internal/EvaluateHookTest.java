// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.evaluate.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.Metrics;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.engine.RunResult;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateHookTest {
    @TempDir
    Path folder;

    private static final class Training implements Hook {
        /** From this iteration on it climbs: the loss rises. */
        long climbs = Long.MAX_VALUE;

        long fails = -1;

        @Override
        public void afterTrainIter(TrainingContext context) {
            context.gradients().zero();
            context.gradients().backward(context.progress().iteration() >= climbs ? -1 : 1);
            context.stepper().step();
            if (context.progress().iteration() == fails) {
                throw new IllegalStateException("out of memory");
            }
        }
    }

    /** What a hook behind the evaluation sees: when, and with which scalars. */
    private static final class Witness implements Hook {
        final List<String> calls = new ArrayList<>();
        final List<Double> scores = new ArrayList<>();
        final List<Double> bestScores = new ArrayList<>();
        final List<Double> losses = new ArrayList<>();
        Map<?, ?> shared = Map.of();

        @Override
        public void beforeTrain(TrainingContext context) {
            calls.add("train");
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            calls.add("iter " + context.progress().iteration());
        }

        @Override
        public void afterTrainEpoch(TrainingContext context) {
            calls.add("epoch " + context.progress().epoch());
        }

        @Override
        public void afterTrain(TrainingContext context) {
            calls.add("end");
        }

        @Override
        public void afterEvaluate(TrainingContext context) {
            calls.add("evaluated");
            Metrics metrics = context.metrics();
            metrics.series("test/score").ifPresent(s -> {
                scores.add(s.latest());
                bestScores.add(metrics.series("best/test/score").orElseThrow().latest());
                losses.add(metrics.series("best/test/loss").orElseThrow().latest());
            });
            shared = context.shared().get(EvaluateHook.BEST).orElseThrow();
        }
    }

    private final Training training = new Training();
    private final Witness witness = new Witness();

    private HookRun run(LinearTask task, Hook hook) {
        HookRun run = new HookRun(folder, task);
        run.add(20, training);
        run.add(30, hook);
        run.add(40, witness);
        return run;
    }

    private static EvaluateSettings settings(Object... values) {
        return EvaluateSettings.of(Configs.of(EvaluateConfig.class, values));
    }

    private static LinearTask task() {
        return new LinearTask(5, 24, 3, 8);
    }

    private List<String> calls(int epochs, Object... values) {
        witness.calls.clear();
        RunResult result = run(task(), new EvaluateHook(settings(values))).epochs(epochs);
        assertThat(result.failure()).isEmpty();
        return witness.calls;
    }

    private List<String> callsByIteration(long iterations, Object... values) {
        witness.calls.clear();
        RunResult result = run(task(), new EvaluateHook(settings(values))).iterations(iterations);
        assertThat(result.failure()).isEmpty();
        return witness.calls;
    }

    @Test
    void itEvaluatesAfterEachEpochBeforeTheHooksBehindItHearOfTheEpochsEnd() {
        assertThat(calls(2)).containsExactly("train", "iter 0", "iter 1", "iter 2", "evaluated", "epoch 0",
                "iter 3", "iter 4", "iter 5", "evaluated", "epoch 1", "end");
    }

    @Test
    void withAPeriodOfEpochsTheLastOneIsEvaluatedToo() {
        assertThat(calls(3, "epochPeriod", 2)).containsExactly("train", "iter 0", "iter 1", "iter 2", "epoch 0",
                "iter 3", "iter 4", "iter 5", "evaluated", "epoch 1", "iter 6", "iter 7", "iter 8", "evaluated",
                "epoch 2", "end");
        assertThat(calls(3, "epochPeriod", 2, "atEnd", false)).containsOnlyOnce("evaluated");
    }

    @Test
    void aPeriodOfIterationsDoesNotEvaluateTwiceAtTheEndOfAnEpoch() {
        assertThat(calls(2, "iterPeriod", 2L)).containsExactly("train", "iter 0", "evaluated", "iter 1", "iter 2",
                "evaluated", "epoch 0", "evaluated", "iter 3", "iter 4", "iter 5", "evaluated", "epoch 1", "end");
    }

    @Test
    void iterationModeEvaluatesByItsPeriodAndAtTheLastIterationAheadOfWhatIsWrittenThere() {
        assertThat(callsByIteration(5, "iterPeriod", 2L)).containsExactly("train", "iter 0", "evaluated", "iter 1",
                "iter 2", "evaluated", "iter 3", "evaluated", "iter 4", "end");
        assertThat(callsByIteration(4, "iterPeriod", 2L)).containsExactly("train", "iter 0", "evaluated", "iter 1",
                "iter 2", "evaluated", "iter 3", "end");
        assertThat(callsByIteration(2)).containsExactly("train", "iter 0", "evaluated", "iter 1", "end");
    }

    @Test
    void atStartTheUntrainedModelIsEvaluatedWhenAllHooksKnowTheRun() {
        assertThat(calls(1, "atStart", true)).containsExactly("train", "evaluated", "iter 0", "iter 1", "iter 2",
                "evaluated", "epoch 0", "end");
        LinearTask task = task();
        double untrained = task.loss();
        run(task, new EvaluateHook(settings("atStart", true))).iterations(3);
        assertThat(1 / (1 + untrained)).isEqualTo(witness.scores.get(2));
    }

    private RunResult stopped(LinearTask task, String reason, Object... values) {
        HookRun run = run(task, new EvaluateHook(settings(values)));
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 4) {
                    context.stop(reason);
                }
            }
        });
        return run.epochs(5);
    }

    @Test
    void aRunThatIsStoppedIsEvaluatedAtItsEnd() {
        LinearTask task = task();
        assertThat(stopped(task, "early stopping").outcome()).isEqualTo(RunResult.Outcome.STOPPED);
        assertThat(witness.calls).endsWith("iter 3", "iter 4", "evaluated", "end");
        assertThat(stopped(task(), "early stopping", "atEnd", false).iterations()).isEqualTo(5);
        assertThat(witness.calls).endsWith("iter 3", "iter 4", "end");
    }

    @Test
    void aSignalIsNotKeptWaitingByAnEvaluation() {
        stopped(task(), "SIGTERM");
        assertThat(witness.calls).endsWith("iter 3", "iter 4", "end");
    }

    @Test
    void aRunThatFailedIsNotEvaluated() {
        training.fails = 4;
        LinearTask task = task();
        RunResult result = run(task, new EvaluateHook(EvaluateSettings.DEFAULT)).epochs(3);
        assertThat(result.failure().orElseThrow()).hasMessageContaining("out of memory");
        assertThat(task.evaluations()).isEqualTo(1);
    }

    @Test
    void theBestOfEachMetricFollowsItsOwnDirection() {
        training.climbs = 6;
        HookRun run = run(task(), new EvaluateHook(EvaluateSettings.DEFAULT));
        run.epochs(4);
        double peak = witness.scores.get(1);
        assertThat(witness.scores.get(2)).isLessThan(peak);
        assertThat(witness.bestScores).containsExactly(witness.scores.get(0), peak, peak, peak);
        assertThat(witness.losses.get(3)).isEqualTo(witness.losses.get(1)).isLessThan(witness.losses.get(0));
        assertThat(witness.shared.get("test/score"))
                .isEqualTo(Map.of("value", peak, "epoch", 1, "iteration", 6L));
        Map<String, Object> event = run.events("best").getFirst();
        assertThat(event.keySet()).containsExactlyInAnyOrder("test/loss", "test/score");
    }

    @Test
    void evaluatingChangesNothingOfTheTraining() {
        LinearTask with = task();
        LinearTask without = task();
        run(with, new EvaluateHook(settings("iterPeriod", 1L, "atStart", true))).epochs(3);
        HookRun plain = new HookRun(folder, without);
        plain.add(20, training);
        plain.epochs(3);
        assertThat(with.weights()).containsExactly(without.weights());
    }

    @Test
    void severalSplitsAreEvaluatedInTheGivenOrder() {
        LinearTask task = new LinearTask(new double[][] {{1}, {2}}, new double[] {1, 2}, 1,
                List.of("validation", "test"));
        HookRun run = run(task, new EvaluateHook(settings("splits", new String[] {"test", "validation"})));
        run.epochs(1);
        assertThat(run.events("evaluation")).extracting(e -> e.get("split")).containsExactly("test", "validation");
        run = run(task, new EvaluateHook(EvaluateSettings.DEFAULT));
        run.epochs(1);
        assertThat(run.events("evaluation")).extracting(e -> e.get("split")).containsExactly("validation", "test");
    }

    @Test
    void aSplitThatTheDataDoesNotHaveFailsTheRunBeforeItStarts() {
        RunResult result = run(task(), new EvaluateHook(settings("splits", new String[] {"tests"}))).epochs(1);
        assertThat(result.failure().orElseThrow())
                .hasMessageContaining("EvaluateHook: the data set has no split 'tests' to evaluate; "
                        + "did you mean 'test'?");
        assertThat(result.iterations()).isZero();
    }

    @Test
    void dataWithNothingToEvaluateOnIsNoMistake() {
        LinearTask task = new LinearTask(new double[][] {{1}}, new double[] {1}, 1, List.of());
        assertThat(run(task, new EvaluateHook(EvaluateSettings.DEFAULT)).epochs(2).failure()).isEmpty();
        assertThat(task.evaluations()).isZero();
    }

    @Test
    void anEvaluationThatAnotherHookAskedForCountsForTheBest() {
        HookRun run = run(task(), new EvaluateHook(settings("epochPeriod", 0, "atEnd", false)));
        run.add(50, new Hook() {
            @Override
            public void afterTrainEpoch(TrainingContext context) {
                context.evaluation().evaluate("test");
            }
        });
        run.epochs(1);
        assertThat(witness.bestScores).isEqualTo(witness.scores).hasSize(1);
    }

    @Test
    void itsStateKeepsTheBestInAnotherInstance() {
        training.climbs = 3;
        HookRun run = new HookRun(folder, task());
        run.add(20, training);
        long[] id = {run.add(30, new EvaluateHook(EvaluateSettings.DEFAULT), "hook.name", "evaluate")};
        run.add(40, witness);
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 4) {
                    long old = id[0];
                    id[0] = run.add(30, new EvaluateHook(EvaluateSettings.DEFAULT), "hook.name", "evaluate");
                    run.remove(old);
                }
            }
        });
        run.epochs(3);
        assertThat(run.events("hook_replaced")).hasSize(1);
        assertThat(witness.bestScores).hasSize(3).containsOnly(witness.scores.getFirst());
    }

    @Test
    void nanIsNeverBestAndTheFirstOfEqualValuesStays() {
        BestResults best = new BestResults();
        assertThat(best.add("test/accuracy", Double.NaN, true, 0, 10)).isFalse();
        assertThat(best.add("test/accuracy", 0.5, true, 1, 20)).isTrue();
        assertThat(best.add("test/accuracy", 0.5, true, 2, 30)).isFalse();
        assertThat(best.of("test/accuracy")).contains(new BestResults.Best(0.5, 1, 20));
        assertThat(best.add("test/loss", 0.5, false, 2, 30)).isTrue();
        assertThat(best.add("test/loss", 0.4, false, 3, 40)).isTrue();
        assertThat(best).hasToString("test/accuracy 0.5000 (epoch 2, iteration 20), "
                + "test/loss 0.4000 (epoch 4, iteration 40)");
        assertThat(BestResults.of(best.toMap()).toMap()).isEqualTo(best.toMap());
        assertThatThrownBy(() -> BestResults.of(new LinkedHashMap<>(Map.of("x", 1))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("'x'");
    }

    @Test
    void aNegativePeriodIsRefused() {
        assertThatThrownBy(() -> settings("iterPeriod", -1L)).isInstanceOf(UserError.class)
                .hasMessage("EvaluateHook: iter_period is -1, expected 1 or more, or 0 for none");
    }
}
