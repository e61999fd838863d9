// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.hookline.api.Hook;
import org.hookline.api.HookInfo;
import org.hookline.api.HookProperties;
import org.hookline.api.Progress;
import org.hookline.api.RunInfo;
import org.hookline.api.Stage;
import org.hookline.api.StatefulHook;
import org.hookline.api.TrainingContext;
import org.hookline.api.facet.Checkpoints;
import org.hookline.api.log.Console;
import org.hookline.api.log.LogRecord;
import org.hookline.api.log.LogWriter;
import org.hookline.checkpoint.Checkpoint;
import org.hookline.engine.RunResult;
import org.hookline.hook.checkpoint.internal.CheckPointConfig;
import org.hookline.hook.checkpoint.internal.CheckPointHook;
import org.hookline.hook.commonmetriclogger.internal.CommonMetricLoggerConfig;
import org.hookline.hook.commonmetriclogger.internal.CommonMetricLoggerHook;
import org.hookline.hook.csvlogger.internal.CsvLoggerConfig;
import org.hookline.hook.csvlogger.internal.CsvLoggerHook;
import org.hookline.hook.emaepoch.internal.EmaEpochConfig;
import org.hookline.hook.emaepoch.internal.EmaEpochHook;
import org.hookline.hook.emaiter.internal.EmaIterConfig;
import org.hookline.hook.emaiter.internal.EmaIterHook;
import org.hookline.hook.evaluate.internal.EvaluateHook;
import org.hookline.hook.evaluate.internal.EvaluateSettings;
import org.hookline.hook.fp16optimizer.internal.Fp16OptimizerConfig;
import org.hookline.hook.fp16optimizer.internal.Fp16OptimizerHook;
import org.hookline.hook.iterationtimer.internal.IterationTimerHook;
import org.hookline.hook.jsonlogger.internal.JsonLoggerHook;
import org.hookline.hook.lrscheduler.internal.LrSchedulerHook;
import org.hookline.hook.lrscheduler.internal.LrSettings;
import org.hookline.hook.lrscheduler.internal.Schedule;
import org.hookline.hook.optimizer.internal.OptimizerConfig;
import org.hookline.hook.optimizer.internal.OptimizerHook;
import org.hookline.hook.optimizer.internal.OptimizerSettings;
import org.hookline.hook.periodiclogger.internal.LoggerSettings;
import org.hookline.hook.periodiclogger.internal.PeriodicLogger;
import org.hookline.hook.stopat.internal.StopAtConfig;
import org.hookline.hook.stopat.internal.StopAtHook;
import org.hookline.hook.tensorboardlogger.internal.TensorboardLoggerHook;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.hookline.trainer.DjlTask;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The statements of the table in the design's reference-semantics.md, one test each, with the default hooks together in
 * the real engine. The bundles' own tests have the details; checkpoints, resume and mixed precision have theirs
 * elsewhere.
 */
@Timeout(120)
class ReferenceSemanticsIT {
    @TempDir
    Path folder;

    private final List<String> calls = new ArrayList<>();

    /** Four iterations an epoch. */
    private static LinearTask task() {
        return new LinearTask(5, 16, 3, 4);
    }

    private static LoggerSettings logging(int period) {
        LoggerSettings d = LoggerSettings.DEFAULT;
        return new LoggerSettings(period, d.window(), d.queue(), d.writerTimeout(), d.closeTimeout());
    }

    private static PeriodicLogger logger(int period, LogWriter... writers) {
        PeriodicLogger logger = new PeriodicLogger(logging(period));
        for (int i = 0; i < writers.length; i++) {
            logger.bindWriter(writers[i], Map.of("service.id", i + 1L, "component.name",
                    writers[i].getClass().getSimpleName()));
        }
        return logger;
    }

    private static HookRun defaults(HookRun run, LrSettings lr, EvaluateSettings evaluate, PeriodicLogger logger) {
        run.add(20, new OptimizerHook(OptimizerSettings.DEFAULT), HookProperties.DEFAULT, true);
        run.add(20, new LrSchedulerHook(lr), HookProperties.DEFAULT, true);
        run.add(30, new IterationTimerHook(2, System::nanoTime), HookProperties.DEFAULT, true);
        run.add(30, new EvaluateHook(evaluate), HookProperties.DEFAULT, true);
        run.add(30, logger, HookProperties.DEFAULT, true);
        return run;
    }

    private HookRun defaults(LinearTask task) {
        return defaults(new HookRun(folder, task), LrSettings.of(new Schedule.Constant()), EvaluateSettings.DEFAULT,
                logger(2));
    }

    /** Notes its name and the stage. */
    private final class Named implements Hook {
        private final String name;

        Named(String name) {
            this.name = name;
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            calls.add(name);
        }
    }

    /** What a writer was given. */
    private static final class Kept implements LogWriter {
        final List<LogRecord> records = new java.util.concurrent.CopyOnWriteArrayList<>();

        @Override
        public void open(RunInfo run) {}

        @Override
        public void write(LogRecord entry) {
            records.add(entry);
        }

        @Override
        public void close() {}
    }

    @Nested
    class Levels {
        private List<HookInfo> order(Object... levelsAndNames) {
            HookRun run = defaults(task());
            List<HookInfo> found = new ArrayList<>();
            for (int i = 0; i < levelsAndNames.length; i += 2) {
                run.add(30, new Named((String) levelsAndNames[i + 1]), HookProperties.LEVEL, levelsAndNames[i],
                        HookProperties.NAME, levelsAndNames[i + 1]);
            }
            run.add(60, new Hook() {
                @Override
                public void beforeTrain(TrainingContext context) {
                    found.addAll(context.hooks().list());
                }
            });
            assertThat(run.epochs(1).failure()).isEmpty();
            return found;
        }

        @Test
        void aCustomHookOfLevel0OrLevel10RunsBeforeTheDefaultHooks() {
            assertThat(order(10, "ten", 0, "zero")).extracting(HookInfo::name).startsWith("zero", "ten",
                    "OptimizerHook");
            assertThat(calls).startsWith("zero", "ten", "zero", "ten");
        }

        @Test
        void aLevelMayBeGivenByItsName() {
            assertThat(order("LOWER", "late", "highest", "early")).extracting(HookInfo::level).startsWith(0, 20)
                    .endsWith(50, 60);
        }

        @Test
        void level25Stays25AndRunsBetween20And30() {
            List<HookInfo> order = order(25, "between");
            assertThat(order).extracting(HookInfo::name).startsWith("OptimizerHook", "LrSchedulerHook", "between",
                    "IterationTimerHook");
            assertThat(order.get(2).level()).isEqualTo(25);
        }

        @Test
        void aCustomHookOfTheSameLevelComesBehindTheDefaultOnes() {
            assertThat(order("HIGH", "custom")).extracting(HookInfo::name).startsWith("OptimizerHook",
                    "LrSchedulerHook", "custom");
        }

        @Test
        void theDefaultOrderIsOptimizerScheduleTimerEvaluationLogger() {
            assertThat(order()).extracting(HookInfo::name).startsWith("OptimizerHook", "LrSchedulerHook",
                    "IterationTimerHook", "EvaluateHook", "PeriodicLogger");
        }
    }

    @Nested
    class Loop {
        @Test
        void iterationModeStopsAtItsLimitWhateverAPassIs() {
            assertThat(defaults(task()).iterations(3).iterations()).isEqualTo(3);
            assertThat(defaults(task()).iterations(11).iterations()).isEqualTo(11);
        }

        @Test
        void iterationModeCountsOnAcrossPassesAndNotFromZero() {
            HookRun run = defaults(task());
            List<Long> iterations = new ArrayList<>();
            run.add(60, new Hook() {
                @Override
                public void afterTrainIter(TrainingContext context) {
                    iterations.add(context.progress().iteration());
                }
            });
            run.iterations(6);
            assertThat(iterations).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
        }

        @Test
        void failuresInAfterTrainDoNotHideTheFirstErrorAndEveryHookIsStillCalled() {
            HookRun run = new HookRun(folder, task());
            for (String name : List.of("first", "second")) {
                run.add(30, new Hook() {
                    @Override
                    public void afterTrain(TrainingContext context) {
                        calls.add(name);
                        throw new IllegalStateException("at the end of " + name);
                    }
                });
            }
            run.add(40, new Hook() {
                @Override
                public void afterTrainIter(TrainingContext context) {
                    throw new IllegalStateException("the first error");
                }
            }, HookProperties.NAME, "breaker");
            RunResult result = run.epochs(1);
            assertThat(result.failure().orElseThrow()).hasMessageStartingWith("breaker failed in afterTrainIter")
                    .hasMessageContaining("the first error");
            assertThat(calls).containsExactly("first", "second");
        }

        /** The reference sleeps two seconds at the start of each epoch: this run would take more than six minutes. */
        @Test
        @Timeout(60)
        void theLoopDoesNotSleep() {
            assertThat(new HookRun(folder, task()).epochs(200).iterations()).isEqualTo(800);
        }

        @Test
        void backwardAndStepAreTheOptimizerHooksWork() {
            LinearTask without = task();
            new HookRun(folder, without).epochs(1);
            assertThat(without.stepper().steps()).isZero();
            LinearTask with = task();
            defaults(with).epochs(1);
            assertThat(with.stepper().steps()).isEqualTo(4);
        }

        @Test
        void aStageThatAHookDoesNotOverrideIsNotCalled() {
            assertThat(Stage.AFTER_TRAIN_ITER.overriddenBy(Named.class)).isTrue();
            assertThat(Stage.BEFORE_TRAIN_ITER.overriddenBy(Named.class)).isFalse();
        }
    }

    @Nested
    class Optimizer {
        private double[] trained(LinearTask task, Object... config) {
            HookRun run = new HookRun(folder, task);
            run.add(20, new OptimizerHook(Configs.of(OptimizerConfig.class, config)));
            assertThat(run.epochs(1).failure()).isEmpty();
            return task.weights();
        }

        @Test
        void theLastIncompleteAccumulationIsStepped() {
            LinearTask task = new LinearTask(5, 20, 3, 4).accumulate(2);
            trained(task);
            assertThat(task.stepper().steps()).isEqualTo(3);
        }

        @Test
        void clippingIsOfTheAccumulatedGradientOnceForEachStep() {
            // One step of learning rate 1 moves the weights by the clipped gradient: had each micro-batch been clipped
            // by itself, their mean would be shorter.
            double[] weights = trained(new LinearTask(5, 16, 3, 4).accumulate(4).sgd(1, 0), "gradClip_maxNorm", 0.01);
            assertThat(Math.sqrt(java.util.Arrays.stream(weights).map(w -> w * w).sum())).isCloseTo(0.01, within(1e-6));
        }

        @Test
        void clippingByValueLimitsEachGradient() {
            double[] weights = trained(new LinearTask(5, 4, 3, 4).sgd(1, 0), "gradClip_value", 0.001);
            assertThat(weights).containsOnly(new double[] {0.001, -0.001}, within(1e-12));
        }

        @Test
        void aStepWithAGradientThatIsNotFiniteIsLeftOutOrFailsTheRun() {
            LinearTask skipped = task().corrupt(1);
            trained(skipped, "onNonfinite", "skip");
            assertThat(skipped.stepper().steps()).isEqualTo(3);
            assertThat(skipped.stepper().skipped()).isEqualTo(1);
            HookRun aborted = new HookRun(folder, task().corrupt(1));
            aborted.add(20, new OptimizerHook(Configs.of(OptimizerConfig.class, "onNonfinite", "abort")));
            assertThat(aborted.epochs(1).iterations()).isEqualTo(1);
        }
    }

    @Nested
    class LearningRate {
        @Test
        void theLoggedRateIsTheRateOfTheStepAndTheScheduleCountsOptimizerSteps() {
            LinearTask task = task().accumulate(2).sgd(0.1, 0);
            HookRun run = defaults(new HookRun(folder, task), LrSettings.of(new Schedule.Linear(1, 0)),
                    EvaluateSettings.DEFAULT, logger(2));
            List<Double> used = new ArrayList<>();
            List<Double> logged = new ArrayList<>();
            run.add(60, new Hook() {
                @Override
                public void afterOptimizerStep(TrainingContext context) {
                    used.add(context.stepper().learningRate());
                }

                @Override
                public void afterTrainIter(TrainingContext context) {
                    logged.add(context.metrics().latest().get("lr"));
                }
            });
            run.epochs(2);
            assertThat(used).hasSize(4);
            assertThat(logged).containsExactly(used.get(0), used.get(0), used.get(1), used.get(1), used.get(2),
                    used.get(2), used.get(3), used.get(3));
            assertThat(used.get(1)).isCloseTo(0.075, within(1e-12));
        }
    }

    @Nested
    class Timer {
        @Test
        void warmUpIsLeftOutOfTheCountAndOfTheTimeAndThereAreDataTimeStepTimeAndSamplesPerSecond() {
            long[] clock = {0};
            LinearTask task = task();
            HookRun run = new HookRun(folder, task);
            run.add(10, new Hook() {
                @Override
                public void beforeTrainIter(TrainingContext context) {
                    clock[0] += context.progress().iteration() < 2 ? 1_000_000_000_000L : 1_000_000_000L;
                }
            });
            run.add(30, new IterationTimerHook(2, () -> clock[0]));
            List<String> names = new ArrayList<>();
            run.add(60, new Hook() {
                @Override
                public void afterTrain(TrainingContext context) {
                    names.addAll(context.metrics().names());
                }
            });
            run.epochs(2);
            Map<String, Object> summary = run.events("timing").getFirst();
            assertThat(summary).containsEntry("iterations", 6L).containsEntry("warmup", 2L);
            assertThat((double) summary.get("seconds")).isCloseTo(6, within(1e-9));
            assertThat(names).contains("iter_time", "data_time", "step_time", "samples_per_second", "epoch_time");
        }
    }

    @Nested
    class Evaluations {
        private List<Long> evaluatedAt(EvaluateSettings settings, boolean byEpoch) {
            HookRun run = defaults(new HookRun(folder, task()), LrSettings.of(new Schedule.Constant()), settings,
                    logger(2));
            RunResult result = byEpoch ? run.epochs(2) : run.iterations(8);
            assertThat(result.failure()).isEmpty();
            return run.events("evaluation").stream().map(e -> ((Number) e.get("epoch")).longValue()).toList();
        }

        @Test
        void evaluationsComeEachEpochEachNIterationsAtTheStartAndAtTheEndInBothModes() {
            assertThat(evaluatedAt(new EvaluateSettings(1, 0, false, false, List.of()), true)).hasSize(2);
            assertThat(evaluatedAt(new EvaluateSettings(0, 2, false, false, List.of()), true)).hasSize(4);
            assertThat(evaluatedAt(new EvaluateSettings(0, 0, true, true, List.of()), true)).hasSize(2);
            assertThat(evaluatedAt(new EvaluateSettings(1, 3, true, true, List.of()), false)).hasSize(4);
        }

        @Test
        void everyMetricHasItsOwnDirectionForTheBest() {
            HookRun run = defaults(task());
            run.epochs(3);
            Map<?, ?> loss = (Map<?, ?>) run.events("best").getFirst().get("test/loss");
            Map<?, ?> score = (Map<?, ?>) run.events("best").getFirst().get("test/score");
            List<Double> losses = run.events("evaluation").stream().map(e -> (Double) e.get("loss")).toList();
            List<Double> scores = run.events("evaluation").stream().map(e -> (Double) e.get("score")).toList();
            assertThat(loss.get("value")).isEqualTo(losses.stream().min(Double::compare).orElseThrow());
            assertThat(score.get("value")).isEqualTo(scores.stream().max(Double::compare).orElseThrow());
        }

        @Test
        void evaluationScalarsReachTensorboardJsonAndCsvOfTheSameMomentAlsoThoseOfTheLastEpoch() throws IOException {
            for (int mode = 0; mode < 2; mode++) {
                Path out = Files.createDirectories(folder.resolve("mode" + mode));
                HookRun run = defaults(new HookRun(out, task()), LrSettings.of(new Schedule.Constant()),
                        new EvaluateSettings(1, mode == 0 ? 0 : 4, false, true, List.of()),
                        logger(3, new JsonLoggerHook(""), new CsvLoggerHook(Configs.of(CsvLoggerConfig.class)),
                                new TensorboardLoggerHook("tensorboard", InstantSource.system())));
                assertThat((mode == 0 ? run.epochs(2) : run.iterations(8)).failure()).isEmpty();
                List<Double> losses = run.events("evaluation").stream().map(e -> (Double) e.get("loss")).toList();
                assertThat(losses).hasSize(2);
                List<String> json = Files.readAllLines(out.resolve("training_status.jsonl")).stream()
                        .filter(l -> l.contains("\"kind\":\"evaluation\"")).toList();
                assertThat(json).hasSize(2);
                assertThat(json.get(0)).contains("\"iteration\":4,").contains("\"test/loss\":" + losses.get(0));
                assertThat(json.get(1)).contains("\"iteration\":8,").contains("\"test/loss\":" + losses.get(1));
                String csv = Files.readString(out.resolve("metrics.csv"));
                assertThat(csv).contains("test/loss").contains(losses.get(0).toString())
                        .contains(losses.get(1).toString());
                assertThat(occurrences(events(out), "test/loss")).isGreaterThanOrEqualTo(2);
            }
        }

        private static String events(Path out) throws IOException {
            try (Stream<Path> files = Files.list(out.resolve("tensorboard"))) {
                return Files.readString(files.findFirst().orElseThrow(), StandardCharsets.ISO_8859_1);
            }
        }

        private static int occurrences(String text, String part) {
            return text.split(java.util.regex.Pattern.quote(part), -1).length - 1;
        }
    }

    @Nested
    class Logging {
        @Test
        void aWriterThatFailsNeverStopsARunAndTheOthersGoOn() {
            Kept kept = new Kept();
            LogWriter broken = new LogWriter() {
                @Override
                public void open(RunInfo run) {}

                @Override
                public void write(LogRecord entry) {
                    throw new IllegalStateException("the disk is full");
                }

                @Override
                public void close() {}
            };
            HookRun run = defaults(new HookRun(folder, task()), LrSettings.of(new Schedule.Constant()),
                    EvaluateSettings.DEFAULT, logger(2, broken, kept));
            assertThat(run.epochs(3).failure()).isEmpty();
            assertThat(run.events("writer_quarantined")).hasSize(1);
            assertThat(kept.records).extracting(LogRecord::kind).contains(LogRecord.Kind.TRAINING,
                    LogRecord.Kind.EVALUATION, LogRecord.Kind.END);
        }

        @Test
        void aWriterThatComesDuringTheRunIsUsedFromThenOn() {
            Kept late = new Kept();
            PeriodicLogger logger = logger(1);
            HookRun run = defaults(new HookRun(folder, task()), LrSettings.of(new Schedule.Constant()),
                    EvaluateSettings.DEFAULT, logger);
            run.add(60, new Hook() {
                @Override
                public void afterTrainEpoch(TrainingContext context) {
                    if (context.progress().epoch() == 0) {
                        logger.bindWriter(late, Map.of("service.id", 99L, "component.name", "Late"));
                    }
                }
            });
            run.epochs(2);
            assertThat(late.records).isNotEmpty()
                    .allMatch(r -> r.iteration() > 4 || r.kind() != LogRecord.Kind.TRAINING);
        }

        @Test
        void theWriterForPeopleRewritesALineOnATerminalAndWritesPlainLinesElsewhere() {
            for (boolean terminal : new boolean[] {true, false}) {
                List<String> lines = new java.util.concurrent.CopyOnWriteArrayList<>();
                List<String> statuses = new java.util.concurrent.CopyOnWriteArrayList<>();
                CommonMetricLoggerHook writer = new CommonMetricLoggerHook(
                        Configs.of(CommonMetricLoggerConfig.class, "interval", 0.0), Map.of(), System::nanoTime,
                        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
                writer.setConsole(new Console() {
                    @Override
                    public void line(String text) {
                        lines.add(text);
                    }

                    @Override
                    public void status(String text) {
                        statuses.add(text);
                    }

                    @Override
                    public boolean terminal() {
                        return terminal;
                    }

                    @Override
                    public int columns() {
                        return 100;
                    }
                });
                defaults(new HookRun(folder, task()), LrSettings.of(new Schedule.Constant()), EvaluateSettings.DEFAULT,
                        logger(1, writer)).epochs(2);
                assertThat(statuses.stream().anyMatch(s -> s.contains("lr"))).isEqualTo(terminal);
                assertThat(lines.stream().filter(l -> l.contains("2/4")).findAny().isPresent()).isEqualTo(!terminal);
            }
        }

        @Test
        void jsonIsOneLineForEachPeriod() throws IOException {
            defaults(new HookRun(folder, task()), LrSettings.of(new Schedule.Constant()),
                    new EvaluateSettings(0, 0, false, false, List.of()), logger(2, new JsonLoggerHook(""))).epochs(2);
            assertThat(Files.readAllLines(folder.resolve("training_status.jsonl"))
                    .stream().filter(l -> l.contains("\"kind\":\"training\""))).hasSize(4);
        }
    }

    private static DjlTask real(String precision) throws IOException {
        return DigitsTask.of(4, 64, 0.5, precision);
    }

    @Nested
    class Checkpointing {
        private HookRun run(String precision, Object... config) throws IOException {
            HookRun run = new HookRun(folder, real(precision));
            run.add(20, precision.equals("fp32") ? new OptimizerHook(OptimizerSettings.DEFAULT)
                    : new Fp16OptimizerHook(Configs.of(Fp16OptimizerConfig.class, "initScale", 1024.0,
                            "growthInterval", 5L)));
            run.add(30, new EvaluateHook(EvaluateSettings.DEFAULT));
            run.add(30, new CheckPointHook(Configs.of(CheckPointConfig.class, config)));
            return run;
        }

        private List<Double> losses(HookRun run) {
            return run.events("evaluation").stream().map(e -> (Double) e.get("loss")).toList();
        }

        /** Has a run stopped after so many iterations; notes of each its epoch and its number in it. */
        private HookRun stopped(HookRun run, long after, List<String> seen) {
            run.add(60, new Hook() {
                @Override
                public void afterTrainIter(TrainingContext context) {
                    Progress p = context.progress();
                    seen.add(p.epoch() + "/" + p.innerIteration() + " = " + p.iteration());
                    if (p.iteration() + 1 == after) {
                        context.stop("as the test says");
                    }
                }
            });
            return run;
        }

        @Test
        void theNewestCheckpointsAndTheBestKByAMetricAreKept() throws IOException {
            HookRun run = run("fp32", "maxNumCheckpoints", 1, "metric", "test/loss", "mode", "max", "topK", 2,
                    "waitForDisk", true);
            assertThat(run.epochs(4).failure()).isEmpty();
            List<Double> losses = losses(run);
            assertThat(losses).hasSize(4);
            List<String> expected = new ArrayList<>(List.of("epoch-0004"));
            losses.stream().sorted(java.util.Comparator.reverseOrder()).limit(2)
                    .forEach(l -> expected.add("epoch-000" + (losses.indexOf(l) + 1)));
            // The highest loss is that of the first epoch: the best are not the newest.
            assertThat(expected).hasSize(3).contains("epoch-0001");
            try (Stream<Path> files = Files.list(folder.resolve("checkpoints"))) {
                assertThat(files.filter(f -> !Files.isSymbolicLink(f)).map(f -> f.getFileName().toString()))
                        .containsExactlyInAnyOrderElementsOf(java.util.Set.copyOf(expected));
            }
            assertThat(Files.readSymbolicLink(folder.resolve("checkpoints/best"))).hasToString("epoch-0001");
            assertThat(Files.readSymbolicLink(folder.resolve("checkpoints/latest"))).hasToString("epoch-0004");
        }

        @Test
        void aCheckpointIsWrittenOnAThreadThatIsNotTheTrainingThread() throws IOException {
            HookRun run = new HookRun(folder, real("fp32"));
            List<Thread> writers = new java.util.concurrent.CopyOnWriteArrayList<>();
            run.add(30, new Hook() {
                @Override
                public void afterTrainIter(TrainingContext context) {
                    if (context.progress().iteration() == 2) {
                        context.facet(Checkpoints.class).save(folder.resolve("checkpoints/own"), "a test")
                                .thenRun(() -> writers.add(Thread.currentThread()));
                    }
                }
            });
            assertThat(run.iterations(4).failure()).isEmpty();
            assertThat(folder.resolve("checkpoints/own/manifest.json")).isRegularFile();
            assertThat(writers).hasSize(1).doesNotContain(Thread.currentThread());
        }

        @Test
        void theCheckpointOfAnEpochHasTheResultOfTheEvaluationOfThatEpoch() throws IOException {
            HookRun run = run("fp32", "waitForDisk", true);
            assertThat(run.epochs(2).failure()).isEmpty();
            List<Double> losses = losses(run);
            for (int epoch = 1; epoch <= 2; epoch++) {
                try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("checkpoints/epoch-000" + epoch));
                        NDManager manager = NDManager.newBaseManager()) {
                    Map<?, ?> loss = ((List<?>) checkpoint.state(manager).get("metrics")).stream()
                            .map(m -> (Map<?, ?>) m).filter(m -> m.get("name").equals("test/loss")).findFirst()
                            .orElseThrow();
                    double[] values = (double[]) loss.get("newest");
                    assertThat(values).hasSize(epoch);
                    assertThat(values[epoch - 1]).isEqualTo(losses.get(epoch - 1));
                }
            }
        }

        /** Counts the iterations. */
        private static final class Counter implements StatefulHook {
            long count;
            long loaded = -1;

            @Override
            public void afterTrainIter(TrainingContext context) {
                count++;
            }

            @Override
            public Map<String, Object> saveState() {
                return Map.of("count", count);
            }

            @Override
            public void loadState(int version, Map<String, Object> state) {
                count = (Long) state.get("count");
                loaded = count;
            }
        }

        private Map<String, float[]> moments() {
            Map<String, float[]> moments = new java.util.TreeMap<>();
            try (Checkpoint checkpoint = Checkpoint.newest(folder)) {
                assertThat(checkpoint.iteration()).isEqualTo(8);
                checkpoint.tensors("optimizer").forEach((name, tensor) -> moments.put(name, tensor.toFloats()));
            }
            return moments;
        }

        private double scaleAfter(HookRun run, Counter counter, long stop) {
            double[] scale = {Double.NaN};
            run.add(40, counter);
            run.add(50, new Hook() {
                @Override
                public void afterTrainIter(TrainingContext context) {
                    scale[0] = context.metrics().latest().get("loss_scale");
                }
            });
            stopped(run, stop, new ArrayList<>()).epochs(1);
            return scale[0];
        }

        @Test
        void aResumedRunHasTheStatesOfHooksTheOptimizersMomentsAndTheLossScale() throws IOException {
            double scale = scaleAfter(run("fp16"), new Counter(), 8);
            Map<String, float[]> moments = moments();
            // It has grown since the start.
            assertThat(scale).isEqualTo(2048);
            assertThat(moments).isNotEmpty();
            org.hookline.checkpoint.CheckpointWriter.delete(folder.resolve("checkpoints"));

            scaleAfter(run("fp16"), new Counter(), 7);
            Counter counter = new Counter();
            assertThat(scaleAfter(run("fp16").resume(folder), counter, 8)).isEqualTo(scale);
            assertThat(counter.loaded).isEqualTo(7);
            assertThat(counter.count).isEqualTo(8);
            assertThat(moments()).usingRecursiveComparison().isEqualTo(moments);
        }

        @Test
        void aRunThatIsResumedInTheMiddleOfAnEpochDoesTheRestOfThatEpoch() throws IOException {
            List<String> whole = new ArrayList<>();
            stopped(run("fp32", "folder", "whole"), -1, whole).epochs(2);
            List<String> parts = new ArrayList<>();
            assertThat(stopped(run("fp32"), 7, parts).epochs(2).outcome()).isEqualTo(RunResult.Outcome.STOPPED);
            assertThat(parts).hasSize(7);
            assertThat(stopped(run("fp32").resume(folder), -1, parts).epochs(2).failure()).isEmpty();
            assertThat(parts).isEqualTo(whole).last().asString().startsWith("1/");
        }

        @Test
        void theTimeAfterWhichARunIsStoppedCountsAnewWhenItIsResumed() throws IOException {
            List<Long> ends = new ArrayList<>();
            for (int part = 0; part < 2; part++) {
                HookRun run = run("fp32");
                run.add(30, new StopAtHook(Configs.of(StopAtConfig.class, "time", "1s")));
                run.add(60, new Hook() {
                    @Override
                    public void afterTrainIter(TrainingContext context) throws InterruptedException {
                        Thread.sleep(100);
                    }
                });
                ends.add((part == 0 ? run : run.resume(folder)).iterations(100).iterations());
            }
            assertThat(ends.get(0)).isBetween(2L, 11L);
            assertThat(ends.get(1) - ends.get(0)).isBetween(2L, 11L);
        }

        @Test
        void aRunByIterationsThatIsResumedStartsAtItsCheckpointsIteration() throws IOException {
            stopped(run("fp32"), 4, new ArrayList<>()).iterations(10);
            List<String> seen = new ArrayList<>();
            RunResult result = stopped(run("fp32").resume(folder), -1, seen).iterations(10);
            assertThat(result.iterations()).isEqualTo(10);
            assertThat(seen).hasSize(6).first().isEqualTo("0/4 = 4");
        }
    }

    @Nested
    class RealTraining {
        private static final class End implements Hook {
            private float[] weights;
            private Map<String, List<Float>> buffers;

            @Override
            public void afterTrain(TrainingContext context) {
                weights = context.weights().flat().toFloatArray();
                buffers = new java.util.TreeMap<>();
                context.weights().buffers().forEach((name, array) -> {
                    List<Float> values = new ArrayList<>();
                    for (float value : array.toFloatArray()) {
                        values.add(value);
                    }
                    buffers.put(name, values);
                });
            }
        }

        private End trained(EvaluateSettings settings) throws IOException {
            End end = new End();
            HookRun run = defaults(new HookRun(folder, real("fp32")), LrSettings.of(new Schedule.Cosine(0)), settings,
                    logger(10));
            run.add(60, end);
            assertThat(run.epochs(3).failure()).isEmpty();
            return end;
        }

        @Test
        void evaluatingEachIterationChangesNotOneBitOfTheTraining() throws IOException {
            End never = trained(new EvaluateSettings(0, 0, false, false, List.of()));
            End always = trained(new EvaluateSettings(1, 1, true, true, List.of()));
            assertThat(always.weights).isEqualTo(never.weights);
            assertThat(always.buffers).isEqualTo(never.buffers).isNotEmpty();
        }

        @Test
        void noHookOfTheDefaultOnesReadsTheDeviceBetweenLoggingPeriodsAndAPeriodIsOneRead() throws IOException {
            DjlTask task = real("fp32");
            HookRun run = defaults(new HookRun(folder, task), LrSettings.of(new Schedule.Cosine(0)),
                    new EvaluateSettings(0, 0, false, false, List.of()), logger(10, new JsonLoggerHook("")));
            List<Long> reads = new ArrayList<>();
            run.add(60, new Hook() {
                @Override
                public void afterTrainIter(TrainingContext context) {
                    reads.add(task.deviceReads());
                }
            });
            assertThat(run.epochs(3).failure()).isEmpty();
            int perEpoch = reads.size() / 3;
            assertThat(perEpoch).isGreaterThan(20);
            long before = 0;
            for (int i = 0; i < reads.size(); i++) {
                boolean period = (i % perEpoch + 1) % 10 == 0 || (i + 1) % perEpoch == 0 || (i + 1) % 10 == 0;
                assertThat(reads.get(i) - before).as("reads in iteration %s", i).isLessThanOrEqualTo(period ? 1 : 0);
                before = reads.get(i);
            }
            assertThat(reads.getLast()).isPositive();
        }

        @Test
        void theAverageOfEachIterationWorksForAnyModelAndIsWrittenAtEachEpoch() throws IOException {
            HookRun run = defaults(new HookRun(folder, real("fp32")), LrSettings.of(new Schedule.Constant()),
                    EvaluateSettings.DEFAULT, logger(10));
            run.add(30, new EmaIterHook(Configs.of(EmaIterConfig.class)));
            run.add(40, new EmaEpochHook(Configs.of(EmaEpochConfig.class)));
            assertThat(run.epochs(2).failure()).isEmpty();
            try (Stream<Path> files = Files.list(folder.resolve("ema"))) {
                assertThat(files.map(f -> f.getFileName().toString()))
                        .containsExactlyInAnyOrder("epoch-0001.safetensors", "epoch-0002.safetensors");
            }
        }
    }
}
