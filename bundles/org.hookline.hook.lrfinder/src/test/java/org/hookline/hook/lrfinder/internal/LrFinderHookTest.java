// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrfinder.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.engine.RunResult;
import org.hookline.hook.lrscheduler.internal.LrSchedulerHook;
import org.hookline.hook.lrscheduler.internal.LrSettings;
import org.hookline.hook.lrscheduler.internal.Schedule;
import org.hookline.hook.optimizer.internal.OptimizerHook;
import org.hookline.hook.optimizer.internal.OptimizerSettings;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LrFinderHookTest {
    @TempDir
    Path folder;

    private final List<Double> rates = new ArrayList<>();
    private final List<double[]> weights = new ArrayList<>();

    /** Ten iterations an epoch. */
    private static LinearTask task() {
        return new LinearTask(5, 40, 3, 4).sgd(0.05, 0.9);
    }

    private static LrFinderHook finder(Object... values) {
        return new LrFinderHook(Configs.of(LrFinderConfig.class, values));
    }

    /** Optimizer, cosine schedule, the hook, and a witness of each learning rate and of the weights after it. */
    private HookRun run(LinearTask task, Hook hook) {
        HookRun run = new HookRun(folder, task);
        run.add(20, new OptimizerHook(OptimizerSettings.DEFAULT));
        run.add(20, new LrSchedulerHook(LrSettings.of(new Schedule.Cosine(0))));
        run.add(20, hook);
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                rates.add(context.metrics().latest().get("lr"));
                weights.add(task.weights().clone());
            }
        });
        return run;
    }

    @Test
    void theLearningRateRisesByTheSameFactorAndTheLossDivergesInTheEnd() {
        HookRun run = run(task(), finder("minLr", 1e-4, "maxLr", 10.0, "steps", 51));
        RunResult result = run.epochs(10);
        assertThat(result.failure()).isEmpty();
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.STOPPED);
        int steps = (int) run.events("lr_finder").getFirst().get("steps");
        assertThat(steps).isBetween(11, 50).isEqualTo((int) result.iterations());
        for (int i = 0; i < steps; i++) {
            assertThat(rates.get(i)).isCloseTo(1e-4 * Math.pow(1e5, i / 50.0), within(1e-9 * rates.get(i)));
        }
        double found = (double) run.events("lr_finder").getFirst().get("suggestion");
        assertThat(rates).contains(found);
        assertThat(result.reason().orElseThrow()).startsWith("LRFinderHook: learning rate ").endsWith(" suggested");
    }

    @Test
    void afterTheSearchTheRunIsOneThatDidNotStepSoFar() {
        LinearTask searched = task();
        HookRun run = run(searched, finder("minLr", 1e-3, "maxLr", 0.3, "steps", 15, "then", "continue"));
        assertThat(run.epochs(4).failure()).isEmpty();
        assertThat(run.events("lr_changed")).isEmpty();
        assertThat(weights.get(13)).isNotEqualTo(new double[3]);
        assertThat(weights.get(14)).isEqualTo(new double[3]);
        List<Double> searchedRates = rates.subList(15, 40);

        LinearTask waiting = task();
        HookRun plain = new HookRun(folder, waiting);
        OptimizerHook optimizer = new OptimizerHook(OptimizerSettings.DEFAULT);
        LrSchedulerHook schedule = new LrSchedulerHook(LrSettings.of(new Schedule.Cosine(0)));
        List<Double> plainRates = new ArrayList<>();
        plain.add(20, new Hook() {
            @Override
            public void beforeTrain(TrainingContext context) throws Exception {
                optimizer.beforeTrain(context);
                schedule.beforeTrain(context);
            }

            @Override
            public void beforeTrainIter(TrainingContext context) throws Exception {
                optimizer.beforeTrainIter(context);
                schedule.beforeTrainIter(context);
            }

            @Override
            public void afterTrainIter(TrainingContext context) throws Exception {
                if (context.progress().iteration() >= 15) {
                    optimizer.afterTrainIter(context);
                    plainRates.add(context.stepper().learningRate());
                }
            }
        });
        assertThat(plain.epochs(4).failure()).isEmpty();
        assertThat(searched.weights()).isEqualTo(waiting.weights());
        assertThat(searchedRates).isEqualTo(plainRates).hasSize(25);
    }

    @Test
    void theSuggestionIsAppliedWhereItIsAskedForAndTheScheduleGoesOnFromIt() {
        HookRun run = run(task(), finder("minLr", 1e-3, "maxLr", 0.3, "steps", 15, "then", "apply"));
        assertThat(run.epochs(4).failure()).isEmpty();
        double found = (double) run.events("lr_finder").getFirst().get("suggestion");
        assertThat(rates.get(15)).isEqualTo(found);
        assertThat(run.events("lr_changed")).hasSize(1);
        // From there on in proportion: a hair of the cosine less with each step.
        assertThat(rates.get(16)).isLessThan(found).isGreaterThan(0.9 * found);
    }

    @Test
    void allMicroBatchesOfAStepHaveOneLearningRateAndTheLossIsTheirMean() throws IOException {
        run(task().accumulate(2), finder("minLr", 1e-3, "maxLr", 0.3, "steps", 10)).epochs(4);
        assertThat(rates.get(1)).isEqualTo(rates.get(0));
        assertThat(rates.get(2)).isEqualTo(rates.get(3)).isGreaterThan(rates.get(1));
        assertThat(Files.readAllLines(folder.resolve("lr-finder/curve.csv"))).hasSize(11);
    }

    @Test
    void theCurveIsATableAndAPicture() throws IOException {
        run(task(), finder("minLr", 1e-3, "maxLr", 0.1, "steps", 12, "smoothing", 0.5)).epochs(2);
        List<String> rows = Files.readAllLines(folder.resolve("lr-finder/curve.csv"));
        assertThat(rows).hasSize(13).startsWith("lr,loss,smoothed");
        String[] first = rows.get(1).split(",");
        String[] second = rows.get(2).split(",");
        assertThat(first[1]).isEqualTo(first[2]);
        double mean = (0.5 * Double.parseDouble(first[1]) * 0.5 + 0.5 * Double.parseDouble(second[1])) / 0.75;
        assertThat(Double.parseDouble(second[2])).isCloseTo(mean, within(1e-12));
        assertThat(ImageIO.read(folder.resolve("lr-finder/curve.png").toFile()).getWidth()).isEqualTo(900);
    }

    @Test
    void aRunThatIsShorterThanTheSearchLeavesItsCurveAndIsRestored() {
        LinearTask task = task();
        HookRun run = run(task, finder("steps", 100));
        RunResult result = run.epochs(1);
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.COMPLETED);
        assertThat(run.events("lr_finder").getFirst()).containsEntry("steps", 10);
        assertThat(task.weights()).isEqualTo(new double[3]);
    }

    @Test
    void aLossThatIsNotFiniteEndsTheSearch() {
        HookRun run = run(task().corrupt(11), finder("minLr", 1e-3, "maxLr", 0.3, "steps", 40, "then", "continue"));
        assertThat(run.epochs(3).failure()).isEmpty();
        assertThat(run.events("lr_finder").getFirst()).containsEntry("steps", 12);
        assertThat(weights.getLast()).doesNotContain(Double.NaN);
    }

    @Test
    void aRunThatWentOnAfterTheSearchDoesNotSearchAgain() {
        LrFinderHook first = finder("steps", 10, "then", "continue");
        run(task(), first).epochs(2);
        LrFinderHook second = finder("steps", 10, "then", "continue");
        second.loadState(1, first.saveState());
        HookRun again = run(task(), second);
        again.epochs(1);
        assertThat(again.events("lr_finder")).isEmpty();
        assertThatThrownBy(() -> second.loadState(1, Map.of("done", false, "searching", true)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("in the middle of the search");
    }

    @Test
    void mistakesAreNamed() {
        assertThat(run(task(), finder("minLr", 0.0)).epochs(1).failure().orElseThrow())
                .hasMessageContaining("min_lr is 0.0, expected above 0");
        assertThat(run(task(), finder("maxLr", 1e-9)).epochs(1).failure().orElseThrow())
                .hasMessageContaining("max_lr is 1.0E-9, expected above min_lr");
        assertThat(run(task(), finder("then", "stopp")).epochs(1).failure().orElseThrow())
                .hasMessageContaining("then is 'stopp'").hasMessageContaining("stop");
    }
}
