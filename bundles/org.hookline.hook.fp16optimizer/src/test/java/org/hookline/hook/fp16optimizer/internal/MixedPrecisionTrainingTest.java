// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.fp16optimizer.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hook;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.data.digits.internal.DigitsProvider;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.hook.optimizer.internal.OptimizerHook;
import org.hookline.hook.optimizer.internal.OptimizerSettings;
import org.hookline.loss.internal.SoftmaxCrossEntropyProvider;
import org.hookline.metric.internal.AccuracyProvider;
import org.hookline.model.zoo.internal.MlpProvider;
import org.hookline.stepping.Clipping;
import org.hookline.stepping.NonFinite;
import org.hookline.testkit.HookRun;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.hookline.trainer.DjlTask;
import org.hookline.trainer.DjlTaskFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real training under libtorch's autocast on the CPU. */
@Timeout(120)
class MixedPrecisionTrainingTest {
    private static final int EPOCHS = 6;
    private static final int ITERATIONS = 45 * EPOCHS;

    @TempDir
    Path folder;

    /** What happened. */
    private static final class Witness implements Hook {
        private final DjlTask task;
        private final List<Double> scales = new ArrayList<>();
        private float[] first;
        private float[] afterTwenty;
        private float[] last;
        private double accuracy;
        private long readsInSteps;
        private long skipped;

        Witness(DjlTask task) {
            this.task = task;
        }

        @Override
        public void beforeTrain(TrainingContext context) {
            first = context.weights().flat().toFloatArray();
        }

        @Override
        public void beforeTrainIter(TrainingContext context) {
            readsInSteps -= task.deviceReads();
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            readsInSteps += task.deviceReads();
            if (context.progress().iteration() == 19) {
                afterTwenty = context.weights().flat().toFloatArray();
            }
            context.metrics().series("loss_scale").ifPresent(s -> scales.add(s.latest()));
        }

        @Override
        public void afterTrain(TrainingContext context) {
            last = context.weights().flat().toFloatArray();
            skipped = context.stepper().skipped();
            accuracy = context.evaluation().evaluate("test").values().get("accuracy");
        }
    }

    private Witness train(String precision, int accumulate, Optional<Torch> torch, Hook hook) throws Exception {
        RunSpec spec = new RunSpec("digits", 42, Progress.Mode.BY_EPOCH, EPOCHS, 0, "cpu", precision, accumulate, 1,
                new RunSpec.Section("mlp", Map.of("hidden", List.of(64, 32))),
                new RunSpec.Section("digits", Map.of("batch_size", 32)),
                new RunSpec.Section("softmax_cross_entropy", Map.of()), List.of(),
                new RunSpec.Section("sgd", Map.of("lr", 0.05, "momentum", 0.9)), Path.of("."), Map.of());
        DjlTask task = new DjlTaskFactory(torch, Map.of("digits", new DigitsProvider()),
                Map.of("mlp", new MlpProvider()), Map.of("softmax_cross_entropy",
                        new SoftmaxCrossEntropyProvider(TorchLoader.load())),
                Map.of("accuracy", new AccuracyProvider())).create(spec);
        Witness witness = new Witness(task);
        HookRun run = new HookRun(folder, task);
        run.add(20, hook);
        run.add(60, witness);
        RunResult result = run.epochs(EPOCHS);
        assertThat(result.failure()).isEmpty();
        return witness;
    }

    private Witness train(String precision, Hook hook) throws Exception {
        return train(precision, 1, Optional.of(TorchLoader.load()), hook);
    }

    private static Fp16OptimizerHook hook(double scale, long interval) {
        return new Fp16OptimizerHook(new Fp16OptimizerSettings(new LossScale.Settings(scale, 2, 0.5, interval, 1e-4),
                new Clipping(5, 0, true), NonFinite.IGNORE));
    }

    private static OptimizerHook plain() {
        return new OptimizerHook(new OptimizerSettings(5, 0, NonFinite.IGNORE, true));
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double d = (double) a[i] - b[i];
            sum += d * d;
        }
        return Math.sqrt(sum);
    }

    @Test
    void fp16AndBf16LearnAlmostWhatFp32Learns() throws Exception {
        Witness full = train("fp32", plain());
        assertThat(full.accuracy).isGreaterThan(0.93);
        for (String precision : List.of("fp16", "bf16")) {
            Witness half = train(precision, hook(1024, 2000));
            assertThat(half.first).isEqualTo(full.first);
            assertThat(half.accuracy).as(precision).isGreaterThan(full.accuracy - 0.02);
            double early = distance(half.afterTwenty, full.afterTwenty) / distance(full.first, full.afterTwenty);
            double late = distance(half.last, full.last) / distance(full.first, full.last);
            // It really was half precision, of 11 bits or 8; small differences grow with the steps, as they always do.
            assertThat(early).as(precision).isPositive().isLessThan(precision.equals("fp16") ? 0.01 : 0.03);
            assertThat(late).as(precision).isLessThan(0.4);
            boolean scaled = precision.equals("fp16");
            assertThat(half.scales).hasSize(scaled ? ITERATIONS : 0);
            assertThat(half.readsInSteps).isEqualTo(scaled ? ITERATIONS : 0);
            assertThat(half.skipped).isZero();
        }
    }

    @Test
    void anOverflowAtAHugeScaleBacksOffAndThenTrains() throws Exception {
        Witness witness = train("fp16", hook(0x1p40, 2000));
        // Gradients of the loss by the predictions are below 1 / 32: they overflow in fp16 (65504) for as long as the
        // scale is above 2^20 or so. Each time the scale is halved, and then no more.
        int skipped = (int) witness.skipped;
        assertThat(skipped).isBetween(16, 26);
        assertThat(witness.scales).hasSize(ITERATIONS);
        for (int i = 0; i < skipped; i++) {
            assertThat(witness.scales.get(i)).isEqualTo(0x1p40 * Math.pow(0.5, i));
        }
        assertThat(witness.scales.getLast()).isEqualTo(0x1p40 * Math.pow(0.5, skipped)).isLessThan(0x1p25);
        assertThat(witness.accuracy).isGreaterThan(0.93);
    }

    @Test
    void theScaleGrowsUntilItOverflowsAndSettlesThere() throws Exception {
        Witness witness = train("fp16", hook(1024, 10));
        assertThat(witness.scales.subList(0, 10)).containsOnly(1024.0);
        assertThat(witness.scales.subList(10, 20)).containsOnly(2048.0);
        // 27 growths would be 2^37, were there no overflow.
        assertThat(witness.skipped).isBetween(1L, 20L);
        assertThat(witness.scales.stream().mapToDouble(Double::doubleValue).max().orElseThrow())
                .isBetween(0x1p14, 0x1p28);
        assertThat(witness.accuracy).isGreaterThan(0.93);
    }

    @Test
    void accumulationAndClippingGoTogetherInFp16() throws Exception {
        Witness full = train("fp32", 4, Optional.of(TorchLoader.load()), plain());
        Witness half = train("fp16", 4, Optional.of(TorchLoader.load()), hook(4096, 2000));
        // 45 micro-batches are 11 steps of 4 and one of 1, and each looks at the device once.
        assertThat(half.readsInSteps).isEqualTo(12 * EPOCHS);
        assertThat(half.accuracy).isGreaterThan(full.accuracy - 0.02);
        assertThat(distance(half.last, full.last)).isLessThan(0.1 * distance(full.first, full.last));
    }
}
