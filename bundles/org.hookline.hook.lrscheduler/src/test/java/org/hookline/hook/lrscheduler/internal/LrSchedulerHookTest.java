// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrscheduler.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hook;
import org.hookline.api.Metrics;
import org.hookline.api.TrainingContext;
import org.hookline.engine.RunResult;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LrSchedulerHookTest {
    @TempDir
    Path folder;

    /** Backward and step; remembers the learning rate that each step really used. */
    private static final class Stepping implements Hook {
        final List<Double> used = new ArrayList<>();
        final List<Double> logged = new ArrayList<>();
        long skip = -1;

        @Override
        public void beforeTrainIter(TrainingContext context) {
            if (context.gradients().firstOfStep()) {
                context.gradients().zero();
            }
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            context.gradients().backward(1.0 / context.gradients().microBatchesOfStep());
            if (context.gradients().lastOfStep()) {
                if (context.progress().iteration() == skip) {
                    context.stepper().skip();
                } else {
                    used.add(context.stepper().learningRate());
                    context.stepper().step();
                }
            }
        }
    }

    /** Remembers what was logged. */
    private static final class Log implements Hook {
        final List<Double> lr = new ArrayList<>();
        boolean smooth;

        @Override
        public void afterTrainIter(TrainingContext context) {
            Metrics.Series series = context.metrics().series("lr").orElseThrow();
            assertThat(series.latestIteration()).isEqualTo(context.progress().iteration());
            smooth |= series.smooth();
            lr.add(series.latest());
        }
    }

    private final Stepping stepping = new Stepping();
    private final Log log = new Log();

    private static LrSettings settings(Object... values) {
        return LrSettings.of(Configs.of(LrSchedulerConfig.class, values));
    }

    private HookRun run(LinearTask task, LrSchedulerHook hook, Hook... more) {
        HookRun run = new HookRun(folder, task);
        run.add(20, stepping);
        run.add(20, hook);
        run.add(60, log);
        for (Hook h : more) {
            run.add(40, h);
        }
        return run;
    }

    /** Eight iterations an epoch, learning rate 0.1. */
    private static LinearTask task() {
        return new LinearTask(5, 32, 3, 4).sgd(0.1, 0);
    }

    @Test
    void theLoggedRateIsTheOneThatTheStepUsed() {
        run(task(), new LrSchedulerHook(settings("schedule", "linear"))).epochs(2);
        assertThat(log.lr).isEqualTo(stepping.used).hasSize(16);
        for (int i = 0; i < 16; i++) {
            assertThat(log.lr.get(i)).isCloseTo(0.1 * (1 - i / 16.0), within(1e-15));
        }
        assertThat(log.smooth).isFalse();
    }

    @Test
    void anotherScheduleGoesOnFromWhereTheRunIsAndAWrongOneNeverHolds() {
        LrSchedulerHook hook = new LrSchedulerHook(settings());
        LinearTask task = task();
        HookRun run = run(task, hook);
        run.add(70, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 3) {
                    hook.modified(Configs.of(LrSchedulerConfig.class, "schedule", "linear"));
                    run.reconfigured(hook);
                } else if (context.progress().iteration() == 9) {
                    hook.modified(Configs.of(LrSchedulerConfig.class, "schedule", "plateau", "metric", "nowhere/loss"));
                    run.reconfigured(hook);
                }
            }
        });
        assertThat(run.epochs(2).failure()).isEmpty();
        for (int i = 0; i < 16; i++) {
            assertThat(log.lr.get(i)).isCloseTo(i < 4 ? 0.1 : 0.1 * (1 - i / 16.0), within(1e-15));
        }
        assertThat(run.events("settings_refused")).hasSize(1);
        assertThat(run.events("lr_changed")).isEmpty();
    }

    @Test
    void theOrderOfTheHooksDoesNotMatter() {
        LrSettings linear = settings("schedule", "linear");
        HookRun run = new HookRun(folder, task());
        run.add(10, new LrSchedulerHook(linear));
        run.add(20, stepping);
        run.add(60, log);
        run.epochs(2);
        assertThat(log.lr).isEqualTo(stepping.used).hasSize(16);
        assertThat(log.lr.get(1)).isCloseTo(0.1 * 15 / 16, within(1e-15));
    }

    @Test
    void itCountsOptimizerStepsAndNotMicroBatches() {
        run(task().accumulate(4), new LrSchedulerHook(settings("schedule", "linear"))).epochs(2);
        assertThat(stepping.used).containsExactly(0.1, 0.1 * 0.75, 0.1 * 0.5, 0.1 * 0.25);
        assertThat(log.lr.subList(0, 8))
                .containsExactly(0.1, 0.1, 0.1, 0.1, 0.1 * 0.75, 0.1 * 0.75, 0.1 * 0.75, 0.1 * 0.75);
    }

    @Test
    void aStepThatWasLeftOutDoesNotCount() {
        stepping.skip = 2;
        run(task(), new LrSchedulerHook(settings("schedule", "step", "stepSize", 4L))).epochs(1);
        assertThat(log.lr.subList(0, 7)).containsExactly(0.1, 0.1, 0.1, 0.1, 0.1, 0.1 * 0.1, 0.1 * 0.1);
    }

    @Test
    void byEpochItChangesBetweenEpochsInBothModes() {
        LrSettings halve = settings("schedule", "exponential", "gamma", 0.5, "by", "epoch");
        run(task(), new LrSchedulerHook(halve)).epochs(2);
        assertThat(log.lr.subList(0, 8)).containsOnly(0.1);
        assertThat(log.lr.subList(8, 16)).containsOnly(0.05);
        log.lr.clear();
        run(task(), new LrSchedulerHook(halve)).iterations(12);
        assertThat(log.lr.subList(0, 8)).containsOnly(0.1);
        assertThat(log.lr.subList(8, 12)).containsOnly(0.05);
    }

    @Test
    void byEpochInIterationModeCurvesEndWithThePassesOfTheRun() {
        // 12 iterations are a pass and a half: 2 passes begin.
        run(task(), new LrSchedulerHook(settings("schedule", "linear", "by", "epoch"))).iterations(12);
        assertThat(log.lr.getLast()).isCloseTo(0.05, within(1e-15));
    }

    /** Sets the learning rate at the end of an iteration, as a person does while a run goes on. */
    private record Person(long iteration, double rate) implements Hook {
        @Override
        public void afterTrainIter(TrainingContext context) {
            if (context.progress().iteration() == iteration) {
                context.stepper().setLearningRate(rate);
            }
        }
    }

    @Test
    void aPersonsRateIsKeptUnderAConstantSchedule() {
        HookRun run = run(task(), new LrSchedulerHook(settings()), new Person(3, 0.03));
        run.epochs(2);
        assertThat(stepping.used.subList(0, 4)).containsOnly(0.1);
        assertThat(stepping.used.subList(4, 16)).containsOnly(0.03);
        assertThat(run.events("lr_changed")).containsExactly(Map.of("from", 0.1, "to", 0.03));
    }

    @Test
    void aMovingScheduleGoesOnFromAPersonsRateInProportion() {
        HookRun run = run(task(), new LrSchedulerHook(settings("schedule", "linear")), new Person(7, 0.0225));
        run.epochs(2);
        // Iteration 8 would have used 0.1 * 8 / 16 = 0.05; 0.0225 is 0.45 of it.
        assertThat(stepping.used.get(8)).isEqualTo(0.0225);
        for (int i = 8; i < 16; i++) {
            assertThat(stepping.used.get(i)).isCloseTo(0.45 * 0.1 * (1 - i / 16.0), within(1e-15));
        }
        assertThat(run.events("lr_changed")).hasSize(1);
    }

    @Test
    void aHookThatJoinsLateTakesUpTheScheduleWhereTheRunIs() {
        HookRun run = new HookRun(folder, task());
        run.add(20, stepping);
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 4) {
                    run.add(20, new LrSchedulerHook(settings("schedule", "linear")));
                }
            }
        });
        run.epochs(2);
        assertThat(stepping.used.get(4)).isEqualTo(0.1);
        assertThat(stepping.used.get(5)).isCloseTo(0.1 * 11 / 16, within(1e-15));
    }

    @Test
    void aConstantScheduleThatJoinsLateKeepsWhatAPersonSet() {
        HookRun run = new HookRun(folder, task());
        run.add(20, stepping);
        run.add(50, new Person(2, 0.07));
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 4) {
                    run.add(20, new LrSchedulerHook(settings()));
                }
            }
        });
        run.epochs(1);
        assertThat(stepping.used.subList(3, 8)).containsOnly(0.07);
    }

    /** Evaluates after each epoch; the scores come from the training itself. */
    private static final class Evaluating implements Hook {
        @Override
        public void afterTrainEpoch(TrainingContext context) {
            context.evaluation().evaluate("test");
        }
    }

    @Test
    void plateauWatchesEvaluationsAndLowersTheRate() {
        // The loss of this task stops falling once it has converged.
        HookRun run = run(task(), new LrSchedulerHook(settings("schedule", "plateau", "patience", 1, "threshold", 0.02,
                "factor", 0.5)), new Evaluating());
        RunResult result = run.epochs(15);
        assertThat(result.failure()).isEmpty();
        List<Map<String, Object>> lowered = run.events("lr_reduced");
        assertThat(lowered).isNotEmpty();
        assertThat(lowered.getFirst()).containsEntry("metric", "test/loss").containsEntry("reduction", 0.5);
        // The last lowering may come after the last step.
        assertThat(stepping.used.stream().distinct().toList()).startsWith(0.1, 0.05)
                .isSubsetOf(0.1, 0.05, 0.025, 0.0125, 0.00625);
        // Between two evaluations nothing changes.
        for (int i = 0; i < stepping.used.size(); i++) {
            assertThat(stepping.used.get(i)).isEqualTo(stepping.used.get(i / 8 * 8));
        }
    }

    @Test
    void plateauTakesTheDirectionOfAScoreFromTheMetric() {
        // score rises while it learns: seen as a loss it would be lowered at once.
        HookRun run = run(task(), new LrSchedulerHook(settings("schedule", "plateau", "patience", 0, "threshold", 0.0,
                "metric", "test/score")), new Evaluating());
        run.epochs(3);
        assertThat(run.events("lr_reduced")).isEmpty();
        HookRun wrong = run(task(), new LrSchedulerHook(settings("schedule", "plateau", "patience", 0, "threshold", 0.0,
                "metric", "test/score", "mode", "min")), new Evaluating());
        wrong.epochs(3);
        assertThat(wrong.events("lr_reduced")).hasSize(2);
    }

    @Test
    void plateauCanWatchTheTrainingLossOfEachEpoch() {
        HookRun run = run(task(), new LrSchedulerHook(settings("schedule", "plateau", "patience", 1, "threshold", 0.02,
                "metric", "loss")));
        assertThat(run.epochs(15).failure()).isEmpty();
        assertThat(run.events("lr_reduced")).isNotEmpty();
    }

    @Test
    void aMetricThatIsNotComputedFailsTheRunWithTheNearestName() {
        RunResult result = run(task(), new LrSchedulerHook(settings("schedule", "plateau", "metric", "test/skore",
                "mode", "max")), new Evaluating()).epochs(2);
        assertThat(result.failure().orElseThrow()).hasMessageContaining("there is no metric 'test/skore'")
                .hasMessageContaining("did you mean 'test/score'");
        result = run(task(), new LrSchedulerHook(settings("schedule", "plateau", "metric", "tset/loss"))).epochs(1);
        assertThat(result.failure().orElseThrow()).hasMessageContaining("did you mean 'test'");
        assertThat(result.iterations()).isZero();
    }

    @Test
    void itsStateCarriesWhatAPersonSetAndThePlateau() {
        LrSettings plateau = new LrSettings(new Schedule.Constant(), Optional.of(
                new Plateau.Settings(0.5, 1, 0.02, true, 0, 0)), "loss", Optional.of(false), false, 0, Warmup.NONE, 0);
        LrSchedulerHook whole = new LrSchedulerHook(plateau);
        run(task(), whole, new Person(3, 0.2)).epochs(12);
        List<Double> expected = List.copyOf(stepping.used);
        assertThat(expected.getLast()).isLessThan(0.2);

        // The same run, in which another instance takes over in the middle with the first one's state.
        stepping.used.clear();
        LinearTask task = task();
        HookRun run = new HookRun(folder, task);
        run.add(20, stepping);
        long[] id = {run.add(20, new LrSchedulerHook(plateau), "hook.name", "lr")};
        run.add(40, new Person(3, 0.2));
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 45) {
                    long old = id[0];
                    id[0] = run.add(20, new LrSchedulerHook(plateau), "hook.name", "lr");
                    run.remove(old);
                }
            }
        });
        run.epochs(12);
        assertThat(run.events("hook_replaced")).hasSize(1);
        assertThat(stepping.used).isEqualTo(expected);
    }

    @Test
    void aCurveNeitherJumpsNorMissesItsEndWhenTheAccumulationChanges() {
        HookRun run = run(task(), new LrSchedulerHook(settings("schedule", "linear")), new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 15) {
                    context.gradients().setAccumulate(4);
                }
            }
        });
        run.epochs(4);
        // 16 steps of one micro-batch, then 4 of four; at each the rate is that of its first micro-batch.
        assertThat(stepping.used).hasSize(20);
        for (int i = 0; i < 16; i++) {
            assertThat(stepping.used.get(i)).isCloseTo(0.1 * (1 - i / 32.0), within(1e-15));
        }
        for (int i = 16; i < 20; i++) {
            assertThat(stepping.used.get(i)).isCloseTo(0.1 * (1 - (16 + 4 * (i - 16)) / 32.0), within(1e-15));
        }
    }

    @Test
    void anOptimizerThatWasPutBackBeginsTheCurveAgain() {
        Course course = new Course(100);
        assertThat(course.at(10, 100)).isEqualTo(10);
        assertThat(course.at(10, 50)).isEqualTo(10);
        assertThat(course.at(20, 50)).isEqualTo(30);
        assertThat(course.at(0, 50)).isZero();
        assertThat(course.at(5, 50)).isEqualTo(10);
    }

    @Test
    void theCourseGoesOnFromItsStateUnlessTheRunHasAnotherLength() {
        Course first = new Course(32);
        assertThat(first.at(0, 32)).isZero();
        assertThat(first.at(16, 8)).isEqualTo(16);
        Course second = new Course(32);
        second.load(first.save());
        assertThat(second.at(18, 8)).isEqualTo(24).isEqualTo(first.at(18, 8));
        assertThat(second.planned()).isEqualTo(32);
        Course longer = new Course(64);
        longer.load(first.save());
        assertThat(longer.at(18, 64)).isEqualTo(18);
        assertThat(longer.planned()).isEqualTo(64);
    }

    @Test
    void settingTheRateNeverWaitsForTheDevice() {
        LinearTask task = task();
        HookRun run = new HookRun(folder, task);
        run.add(20, stepping);
        run.add(20, new LrSchedulerHook(settings("schedule", "cosine", "warmup_steps", 3L)));
        run.epochs(2);
        assertThat(task.deviceReads()).isZero();
    }
}
