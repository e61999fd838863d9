// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.commonmetriclogger.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.hookline.api.Hook;
import org.hookline.api.Metrics;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.api.log.Console;
import org.hookline.data.digits.internal.DigitsProvider;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.hook.evaluate.internal.EvaluateHook;
import org.hookline.hook.evaluate.internal.EvaluateSettings;
import org.hookline.hook.iterationtimer.internal.IterationTimerHook;
import org.hookline.hook.lrscheduler.internal.LrSchedulerHook;
import org.hookline.hook.lrscheduler.internal.LrSettings;
import org.hookline.hook.lrscheduler.internal.Schedule;
import org.hookline.hook.optimizer.internal.OptimizerHook;
import org.hookline.hook.optimizer.internal.OptimizerSettings;
import org.hookline.hook.periodiclogger.internal.LoggerSettings;
import org.hookline.hook.periodiclogger.internal.PeriodicLogger;
import org.hookline.loss.internal.SoftmaxCrossEntropyProvider;
import org.hookline.metric.internal.AccuracyProvider;
import org.hookline.model.zoo.internal.MlpProvider;
import org.hookline.stepping.NonFinite;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.torch.TorchLoader;
import org.hookline.trainer.DjlTask;
import org.hookline.trainer.DjlTaskFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** All default hooks together train a real model on real data with the real trainer. */
@Timeout(120)
class DigitsTrainingTest {
    @TempDir
    Path folder;

    /** What a person sees, and when. */
    private static final class Screen implements Console {
        final List<String> lines = new CopyOnWriteArrayList<>();
        final List<String> statuses = new CopyOnWriteArrayList<>();

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
            return true;
        }

        @Override
        public int columns() {
            return 100;
        }
    }

    /** Remembers the learning rates that were logged, and the weights at the start and the end. */
    private static final class Witness implements Hook {
        final List<Double> rates = new ArrayList<>();
        float[] first;
        float[] last;
        Optional<Double> norm = Optional.empty();

        @Override
        public void beforeTrain(TrainingContext context) {
            first = context.weights().flat().toFloatArray();
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            rates.add(context.stepper().learningRate());
        }

        @Override
        public void afterTrain(TrainingContext context) {
            last = context.weights().flat().toFloatArray();
            norm = context.metrics().series("grad_norm").map(Metrics.Series::latest);
        }
    }

    private final Screen screen = new Screen();
    private final Witness witness = new Witness();

    private static RunSpec epochs(int epochs, int batchSize, int accumulate, RunSpec.Section optimizer) {
        return spec(Progress.Mode.BY_EPOCH, epochs, 0, batchSize, accumulate, optimizer);
    }

    private static RunSpec iterations(int iterations, int batchSize, int accumulate, RunSpec.Section optimizer) {
        return spec(Progress.Mode.BY_ITER, 0, iterations, batchSize, accumulate, optimizer);
    }

    private static RunSpec spec(Progress.Mode mode, int epochs, int iterations, int batchSize, int accumulate,
            RunSpec.Section optimizer) {
        return new RunSpec("digits", 42, mode, epochs, iterations, "cpu", "fp32", accumulate, 1,
                new RunSpec.Section("mlp", Map.of("hidden", List.of(128, 64))),
                new RunSpec.Section("digits", Map.of("batch_size", batchSize)),
                new RunSpec.Section("softmax_cross_entropy", Map.of()), List.of(), optimizer, Path.of("."), Map.of());
    }

    private static DjlTask task(RunSpec spec) throws IOException {
        var torch = TorchLoader.load();
        return new DjlTaskFactory(Optional.of(torch), Map.of("digits", new DigitsProvider()),
                Map.of("mlp", new MlpProvider()),
                Map.of("softmax_cross_entropy", new SoftmaxCrossEntropyProvider(torch)),
                Map.of("accuracy", new AccuracyProvider())).create(spec);
    }

    private HookRun run(RunSpec spec, OptimizerSettings optimizer, Schedule schedule) throws IOException {
        HookRun run = new HookRun(folder, task(spec));
        run.add(20, new OptimizerHook(optimizer));
        run.add(20, new LrSchedulerHook(LrSettings.of(schedule)));
        run.add(30, new IterationTimerHook(10, System::nanoTime));
        run.add(30, new EvaluateHook(EvaluateSettings.DEFAULT));
        PeriodicLogger logger = new PeriodicLogger(LoggerSettings.DEFAULT);
        CommonMetricLoggerHook writer = new CommonMetricLoggerHook(Configs.of(CommonMetricLoggerConfig.class));
        writer.setConsole(screen);
        logger.bindWriter(writer, Map.of("service.id", 1L, "component.name", "CommonMetricLoggerHook"));
        run.add(30, logger);
        run.add(60, witness);
        return run;
    }

    @Test
    void theDigitsAreLearnedAndShown() throws IOException {
        HookRun run = run(epochs(20, 32, 1, new RunSpec.Section("adamw", Map.of("lr", 2e-3, "weight_decay", 0.01))),
                new OptimizerSettings(5, 0, NonFinite.ABORT, true), new Schedule.Cosine(0));
        RunResult result = run.epochs(20);
        assertThat(result.failure()).isEmpty();

        double accuracy = result.evaluations().getFirst().values().get("accuracy");
        assertThat(accuracy).isGreaterThanOrEqualTo(0.96);
        assertThat(run.events("evaluation")).hasSize(20);
        assertThat(run.events("writer_quarantined")).isEmpty();
        assertThat(run.events("step_skipped")).isEmpty();

        // 1,438 samples are 45 iterations an epoch; the last step is one before the end of the cosine.
        assertThat(witness.rates).hasSize(900);
        assertThat(witness.rates.getFirst()).isEqualTo(2e-3);
        assertThat(witness.rates.get(450)).isCloseTo(1e-3, within(1e-12));
        assertThat(witness.rates.getLast()).isCloseTo(1e-3 * (1 + Math.cos(Math.PI * 899 / 900)), within(1e-12));

        Map<?, ?> best = (Map<?, ?>) run.events("best").getFirst().get("test/accuracy");
        assertThat((double) best.get("value")).isGreaterThanOrEqualTo(accuracy);
        Map<String, Object> timing = run.events("timing").getFirst();
        assertThat(timing).containsEntry("iterations", 890L).containsEntry("warmup", 10L);
        assertThat((double) timing.get("step_time")).isPositive().isLessThan((double) timing.get("iter_time"));

        assertThat(screen.lines).hasSize(40).allMatch(line -> line.startsWith("epoch "));
        assertThat(screen.lines.get(39)).startsWith(String.format(Locale.ROOT,
                "epoch 20/20  test  accuracy %.4f  loss 0.", accuracy));
        assertThat(screen.statuses).isNotEmpty().endsWith("").anyMatch(line -> line.contains("samples/s"));
    }

    @Test
    void twoMicroBatchesMakeTheStepOfOneBatchOfTwiceTheSize() throws IOException {
        RunSpec.Section sgd = new RunSpec.Section("sgd", Map.of("lr", 0.05, "momentum", 0.9));
        run(iterations(40, 32, 1, sgd), OptimizerSettings.DEFAULT, new Schedule.Constant()).iterations(40);
        float[] large = witness.last;
        run(iterations(80, 16, 2, sgd), OptimizerSettings.DEFAULT, new Schedule.Constant()).iterations(80);
        assertThat(distance(witness.last, large)).isLessThan(1e-4);
        assertThat(distance(large, witness.first)).isGreaterThan(0.5);
    }

    /** The L2 norm of the difference. */
    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double d = (double) a[i] - b[i];
            sum += d * d;
        }
        return Math.sqrt(sum);
    }

    @Test
    void aClippedStepIsAsLongAsItsLimitAndTheTrueNormIsLogged() throws IOException {
        // One step with SGD and learning rate 1 moves the weights by the clipped gradient.
        RunSpec.Section sgd = new RunSpec.Section("sgd", Map.of("lr", 1.0));
        run(epochs(1, 1438, 1, sgd), new OptimizerSettings(0.01, 0, NonFinite.IGNORE, true), new Schedule.Constant())
                .epochs(1);
        assertThat(distance(witness.last, witness.first)).isCloseTo(0.01, within(1e-5));
        assertThat(witness.norm.orElseThrow()).isGreaterThan(0.1);
    }
}
