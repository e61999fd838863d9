// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.emaiter.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.averaging.AveragedWeights;
import org.hookline.engine.RunResult;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.ScriptedTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmaIterHookTest {
    private static final Offset<Float> EXACT = within(1e-5f);

    @TempDir
    Path folder;

    private final NDManager root = NDManager.newBaseManager();
    private final Watch watch = new Watch();

    @AfterEach
    void close() {
        root.close();
    }

    /** One step each {@code every} iterations. */
    private record Stepping(int every) implements Hook {
        @Override
        public void afterTrainIter(TrainingContext context) {
            if ((context.progress().iteration() + 1) % every == 0) {
                context.stepper().step();
            }
        }
    }

    /** Evaluates at the end of each iteration, and remembers what it found and what the average was. */
    private static final class Watch implements Hook {
        final List<Double> evaluated = new ArrayList<>();
        final List<Float> average = new ArrayList<>();
        final List<Float> weights = new ArrayList<>();
        boolean evaluates = true;

        @Override
        public void afterTrainIter(TrainingContext context) {
            average.add(context.shared().get(AveragedWeights.EMA).map(a -> a.toFloatArray()[0]).orElse(Float.NaN));
            if (evaluates) {
                evaluated.add(context.evaluation().evaluate("test").values().get("loss"));
            }
            weights.add(context.weights().flat().toFloatArray()[0]);
        }
    }

    /** Two weights: after step k they are 10 k and -10 k. */
    private ScriptedTask task() {
        return new ScriptedTask(root, 4, Map.of("w", new Shape(2)), k -> new float[] {10 * k, -10 * k});
    }

    private static EmaIterHook hook(Object... values) {
        return new EmaIterHook(EmaSettings.of(Configs.of(EmaIterConfig.class, values)));
    }

    private HookRun run(ScriptedTask task, Hook hook, int every) {
        HookRun run = new HookRun(folder, task);
        run.add(20, new Stepping(every));
        run.add(30, hook);
        run.add(60, watch);
        return run;
    }

    @Test
    void anotherDecayMovesTheSameAverageOn() {
        EmaIterHook hook = hook("decay", 0.5, "warmup", false);
        HookRun run = run(task(), hook, 1);
        run.add(70, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 1) {
                    hook.modified(Configs.of(EmaIterConfig.class, "decay", 0.75, "warmup", false));
                    run.reconfigured(hook);
                } else if (context.progress().iteration() == 2) {
                    hook.modified(Configs.of(EmaIterConfig.class, "decay", 7.0));
                    run.reconfigured(hook);
                }
            }
        });
        assertThat(run.iterations(4).failure()).isEmpty();
        // Halves of 0, 10 and 20; then 3/4 of what is there and 1/4 of 30 and 40. The decay of 7 never holds.
        assertThat(watch.average).usingElementComparator((a, b) -> Math.abs(a - b) < 1e-5 ? 0 : Float.compare(a, b))
                .containsExactly(5f, 12.5f, 16.875f, 22.65625f);
        assertThat(run.events("settings_refused")).hasSize(1);
    }

    @Test
    void theAverageIsTheOneWorkedOutByHand() {
        assertThat(run(task(), hook("decay", 0.5, "warmup", false), 1).iterations(4).failure()).isEmpty();
        // From 0: (0 + 10) / 2, (5 + 20) / 2, (12.5 + 30) / 2, (21.25 + 40) / 2.
        assertThat(watch.average).usingElementComparator(EmaIterHookTest::close)
                .containsExactly(5f, 12.5f, 21.25f, 30.625f);
    }

    private static int close(float a, float b) {
        return Math.abs(a - b) <= 1e-5f ? 0 : Float.compare(a, b);
    }

    @Test
    void theDecayRisesAtTheBeginning() {
        run(task(), hook("decay", 0.2), 1).iterations(3);
        // 1/10 of 0 and 9/10 of 10 = 9; 2/11 of 9 and 9/11 of 20 = 18; then 3/12 is above 0.2: 0.2 * 18 + 0.8 * 30.
        assertThat(watch.average).usingElementComparator(EmaIterHookTest::close).containsExactly(9f, 18f, 27.6f);
    }

    @Test
    void itStartsAsACopyAfterStartStepsAndGoesOnEachInterval() {
        run(task(), hook("decay", 0.5, "warmup", false, "start", 2L, "interval", 2), 1).iterations(6);
        // Copy after step 2, updates after steps 4 and 6: (20 + 40) / 2, (30 + 60) / 2.
        assertThat(watch.average).usingElementComparator(EmaIterHookTest::close)
                .containsExactly(Float.NaN, 20f, 20f, 30f, 30f, 45f);
        assertThat(watch.evaluated.getFirst()).isEqualTo(10);
    }

    @Test
    void itCountsOptimizerStepsAndNotMicroBatches() {
        run(task(), hook("decay", 0.5, "warmup", false), 3).iterations(6);
        assertThat(watch.average).usingElementComparator(EmaIterHookTest::close)
                .containsExactly(0f, 0f, 5f, 5f, 5f, 12.5f);
    }

    @Test
    void evaluationsSeeTheAverageAndTrainingGoesOnWithItsOwnWeights() {
        ScriptedTask task = task();
        run(task, hook("decay", 0.5, "warmup", false), 1).epochs(1);
        assertThat(watch.evaluated).containsExactly(5.0, 12.5, 21.25, 30.625);
        assertThat(watch.weights).containsExactly(10f, 20f, 30f, 40f);
    }

    @Test
    void withEvaluateOffEvaluationsSeeTheWeights() {
        run(task(), hook("decay", 0.5, "evaluate", false), 1).iterations(2);
        assertThat(watch.evaluated).containsExactly(10.0, 20.0);
    }

    @Test
    void anAverageThatHasArrivedStaysExactly() {
        ScriptedTask task = new ScriptedTask(root, 4, Map.of("w", new Shape(1)), k -> new float[] {0.1f});
        run(task, hook("decay", 0.999), 1).iterations(50);
        assertThat(watch.average).containsOnly(0.1f);
    }

    @Test
    void aFailedEvaluationOfAnObserverLeavesTheWeightsToTheTraining() {
        ScriptedTask task = task();
        watch.evaluates = false;
        HookRun run = run(task, hook("decay", 0.5, "warmup", false), 1);
        run.add(50, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                task.evaluationFails(true);
                context.evaluation().evaluate("test");
            }
        }, "hook.onError", "quarantine");
        assertThat(run.iterations(3).outcome()).isEqualTo(RunResult.Outcome.COMPLETED);
        assertThat(watch.weights.subList(1, 3)).containsExactly(20f, 30f);
        assertThat(watch.average.get(2)).isCloseTo(21.25f, EXACT);
    }

    @Test
    void theWeightsAreBackAfterTheRunFailedInAnEvaluation() {
        ScriptedTask task = task();
        watch.evaluates = false;
        float[] atEnd = new float[2];
        HookRun run = run(task, hook("decay", 0.5, "warmup", false), 1);
        run.add(50, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                task.evaluationFails(true);
                context.evaluation().evaluate("test");
            }

            @Override
            public void afterTrain(TrainingContext context) {
                System.arraycopy(context.weights().flat().toFloatArray(), 0, atEnd, 0, 2);
            }
        });
        assertThat(run.iterations(3).outcome()).isEqualTo(RunResult.Outcome.FAILED);
        assertThat(atEnd).containsExactly(10f, -10f);
    }

    @Test
    void twoHooksThatBothEvaluateTheirAverageAreRefused() {
        HookRun run = run(task(), hook(), 1);
        run.add(30, hook("decay", 0.5));
        Optional<Throwable> failure = run.iterations(2).failure();
        assertThat(failure.orElseThrow()).hasMessageContaining("EmaIterHook#2")
                .hasMessageContaining("expected evaluate: false for all averaging hooks but one");
    }

    /** Takes the hook's state after the given step, as a checkpoint does, and keeps it after the run. */
    private final class Saving implements Hook {
        final EmaIterHook hook;
        final long step;
        Map<String, Object> state;

        Saving(EmaIterHook hook, long step) {
            this.hook = hook;
            this.step = step;
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            if (context.stepper().steps() == step) {
                state = new LinkedHashMap<>(hook.saveState());
                state.replaceAll((k, v) -> v instanceof NDArray a ? root.create(a.toFloatArray()) : v);
            }
        }
    }

    @Test
    void aRestoredHookGoesOnAsIfItHadNotStopped() {
        EmaIterHook whole = hook("decay", 0.9, "start", 1L, "interval", 2);
        Saving saving = new Saving(whole, 4);
        HookRun run = run(task(), whole, 1);
        run.add(50, saving);
        assertThat(run.iterations(9).failure()).isEmpty();
        List<Float> expected = List.copyOf(watch.average.subList(4, 9));
        assertThat(expected.getLast()).isBetween(20f, 90f);

        watch.average.clear();
        EmaIterHook fresh = hook("decay", 0.9, "start", 1L, "interval", 2);
        fresh.loadState(1, saving.state);
        ((NDArray) saving.state.get("average")).close();
        assertThat(run(task().resumed(4), fresh, 1).iterations(5).failure()).isEmpty();
        assertThat(watch.average).isEqualTo(expected);
    }

    @Test
    void aHookThatIsReplacedInARunningRunHandsOverItsAverage() {
        EmaIterHook first = hook("decay", 0.5, "warmup", false);
        HookRun run = new HookRun(folder, task());
        run.add(20, new Stepping(1));
        long id = run.add(30, first, "hook.name", "ema");
        run.add(60, watch);
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 1) {
                    run.add(30, hook("decay", 0.5, "warmup", false), "hook.name", "ema");
                    run.remove(id);
                }
            }
        });
        assertThat(run.iterations(4).failure()).isEmpty();
        assertThat(watch.average).usingElementComparator(EmaIterHookTest::close)
                .containsExactly(5f, 12.5f, 21.25f, 30.625f);
    }

    @Test
    void theAverageOfAnotherModelIsRefused() {
        EmaIterHook hook = hook();
        try (NDArray other = root.create(new float[] {1, 2, 3})) {
            hook.loadState(1, Map.of("average", other, "updates", 3L, "origin", 0L));
        }
        assertThat(run(task(), hook, 1).iterations(2).failure().orElseThrow())
                .hasMessageContaining(
                        "the saved average has 3 values of float32, expected 2 of float32 as this model has");
    }

    @Test
    void aStateThatIsNoneIsRefused() {
        assertThatThrownBy(() -> hook().loadState(1, Map.of("updates", 1L)))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("state of EMAIterHook has no number 'origin'");
        assertThatThrownBy(() -> hook().loadState(2, Map.of())).hasMessage("state version is 2, expected 1");
    }

    @Test
    void aLongRunLeavesNoArraysBehind() {
        ScriptedTask task = task();
        EmaIterHook hook = hook("decay", 0.5);
        List<Integer> arrays = new ArrayList<>();
        HookRun run = new HookRun(folder, task);
        run.add(20, new Stepping(1));
        run.add(30, hook);
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                arrays.add(context.weights().flat().getManager().getManagedArrays().size());
            }
        });
        assertThat(run.iterations(30).failure()).isEmpty();
        assertThat(arrays.getFirst()).isEqualTo(2);
        assertThat(arrays).containsOnly(2);
    }

    @Test
    void mistakesInTheParametersAreNamed() {
        assertThatThrownBy(() -> hook("decay", 1.0)).isInstanceOf(UserError.class)
                .hasMessage("EMAIterHook: decay is 1.0, expected 0 up to below 1");
        assertThatThrownBy(() -> hook("interval", 0)).hasMessage("EMAIterHook: interval is 0, expected 1 or more");
        assertThatThrownBy(() -> hook("start", -1L)).hasMessage("EMAIterHook: start is -1, expected 0 or more");
    }
}
