// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.swa.internal;

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
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.averaging.AveragedWeights;
import org.hookline.engine.RunResult;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.ScriptedTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SwaHookTest {
    @TempDir
    Path folder;

    private final NDManager root = NDManager.newBaseManager();
    private final Watch watch = new Watch();

    @AfterEach
    void close() {
        root.close();
    }

    /** Steps, and remembers with which learning rate. */
    private static final class Stepping implements Hook {
        final List<Double> rates = new ArrayList<>();

        @Override
        public void afterTrainIter(TrainingContext context) {
            rates.add(context.stepper().learningRate());
            context.stepper().step();
        }
    }

    private static final class Watch implements Hook {
        final List<Float> average = new ArrayList<>();
        final List<Double> rates = new ArrayList<>();
        Map<String, Object> state;
        SwaHook saved;
        long saveAt = -1;
        NDManager keep;
        double lastEvaluation;
        float lastWeight;

        @Override
        public void afterTrainIter(TrainingContext context) {
            average.add(context.shared().get(AveragedWeights.SWA).map(a -> a.toFloatArray()[0]).orElse(Float.NaN));
            rates.add(context.stepper().learningRate());
            if (context.stepper().steps() == saveAt) {
                state = new LinkedHashMap<>(saved.saveState());
                state.replaceAll((k, v) -> v instanceof NDArray a ? keep.create(a.toFloatArray()) : v);
            }
        }

        @Override
        public void afterTrain(TrainingContext context) {
            lastWeight = context.weights().flat().toFloatArray()[0];
            lastEvaluation = context.evaluation().evaluate("test").values().get("loss");
        }
    }

    private final Stepping stepping = new Stepping();

    /** Two iterations an epoch; the weight after step k is k squared. */
    private ScriptedTask task() {
        return new ScriptedTask(root, 2, Map.of("w", new Shape(1)), k -> new float[] {k * k});
    }

    private static SwaHook hook(Object... values) {
        return new SwaHook(SwaSettings.of(Configs.of(SwaConfig.class, values)));
    }

    private HookRun run(ScriptedTask task, Hook hook) {
        HookRun run = new HookRun(folder, task);
        run.add(20, stepping);
        run.add(20, hook);
        run.add(60, watch);
        return run;
    }

    @Test
    void allMomentsCountTheSame() {
        HookRun run = run(task(), hook("startEpoch", 1));
        assertThat(run.epochs(4).failure()).isEmpty();
        // Ends of epochs 2, 3, 4: 16, 36, 64; means 16, 26, 116/3.
        assertThat(watch.average.subList(0, 3)).containsOnly(Float.NaN);
        assertThat(watch.average.subList(3, 7)).containsExactly(16f, 16f, 26f, 26f);
        assertThat(watch.average.get(7)).isCloseTo(116f / 3, within(1e-4f));
        assertThat(watch.lastWeight).isEqualTo(watch.average.get(7));
        assertThat(run.events("swa_applied")).containsExactly(Map.of("moments", 3L));
    }

    @Test
    void anEvaluationAfterTheEndSeesTheAverageThatTheModelHasNow() {
        run(task(), hook("startEpoch", 1)).epochs(3);
        assertThat(watch.lastWeight).isEqualTo(26f);
        assertThat(watch.lastEvaluation).isEqualTo(26);
    }

    @Test
    void inIterationModeAndWithAnIntervalItCountsSteps() {
        run(task(), hook("startIteration", 2L, "interval", 2L)).iterations(7);
        // Steps 4 and 6: 16 and 36.
        assertThat(watch.average).containsExactly(Float.NaN, Float.NaN, Float.NaN, 16f, 16f, 26f, 26f);
    }

    @Test
    void withoutAStartItIsTheLastQuarter() {
        run(task(), hook()).epochs(4);
        assertThat(watch.average.subList(0, 7)).containsOnly(Float.NaN);
        assertThat(watch.average.get(7)).isEqualTo(64f);
    }

    @Test
    void swaLrHoldsInTheStepsAndTheScheduleFindsItsOwnAgain() {
        run(task(), hook("startEpoch", 2, "swaLr", 0.025)).epochs(3);
        assertThat(stepping.rates).containsExactly(0.1, 0.1, 0.1, 0.1, 0.025, 0.025);
        assertThat(watch.rates).containsOnly(0.1);
    }

    @Test
    void aStoppedRunKeepsItsOwnWeights() {
        HookRun run = run(task(), hook("startEpoch", 1));
        run.add(50, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 6) {
                    context.stop("enough");
                }
            }
        });
        assertThat(run.epochs(4).outcome()).isEqualTo(RunResult.Outcome.STOPPED);
        assertThat(watch.lastWeight).isEqualTo(49f);
        assertThat(watch.lastEvaluation).isEqualTo(26);
    }

    @Test
    void withApplyAtEndOffTheModelKeepsItsOwnWeights() {
        run(task(), hook("startEpoch", 1, "applyAtEnd", false, "evaluate", false)).epochs(3);
        assertThat(watch.lastWeight).isEqualTo(36f);
        assertThat(watch.lastEvaluation).isEqualTo(36);
    }

    @Test
    void aRestoredHookGoesOnAsIfItHadNotStopped() {
        SwaHook whole = hook("startEpoch", 1);
        watch.saved = whole;
        watch.saveAt = 8;
        watch.keep = root;
        assertThat(run(task(), whole).iterations(12).failure()).isEmpty();
        List<Float> expected = List.copyOf(watch.average.subList(10, 12));
        // Ends of passes: 16, 36, 64, 100, 144.
        assertThat(expected).containsExactly(54f, 72f);
        watch.average.clear();
        watch.saveAt = -1;
        SwaHook fresh = hook("startEpoch", 1);
        fresh.loadState(1, watch.state);
        // This kit counts iterations from 0 again, so the run is put one pass back; that pass lies before the start.
        ScriptedTask rest = new ScriptedTask(root, 2, Map.of("w", new Shape(1)), k -> new float[] {k * k});
        assertThat(run(rest.resumed(6), fresh).iterations(6).failure()).isEmpty();
        assertThat(watch.average.subList(4, 6)).isEqualTo(expected);
    }

    @Test
    void mistakesInTheParametersAreNamed() {
        assertThatThrownBy(() -> hook("startEpoch", 2, "startIteration", 5L))
                .hasMessage("SWAHook: start_epoch and start_iteration are both given, expected one of them");
        assertThatThrownBy(() -> hook("swaLr", -0.1)).hasMessage("SWAHook: swa_lr is -0.1, expected 0 or more");
        assertThatThrownBy(() -> hook().loadState(1, Map.of())).hasMessage("state of SWAHook has no number 'moments'");
    }
}
