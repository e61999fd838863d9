// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.seed.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hook;
import org.hookline.api.Progress;
import org.hookline.api.TrainingContext;
import org.hookline.data.digits.internal.DigitsProvider;
import org.hookline.engine.RunSpec;
import org.hookline.engine.TrainingTask;
import org.hookline.hook.optimizer.internal.OptimizerHook;
import org.hookline.hook.optimizer.internal.OptimizerSettings;
import org.hookline.loss.internal.SoftmaxCrossEntropyProvider;
import org.hookline.metric.internal.AccuracyProvider;
import org.hookline.model.zoo.internal.MlpProvider;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.hookline.torch.TorchLoader;
import org.hookline.trainer.DjlTaskFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A perceptron with dropout on the digits: its weights at the end tell which random numbers it drew. */
@Timeout(120)
class SeedHookTest {
    @TempDir
    Path folder;

    private static TrainingTask task(Progress.Mode mode) throws IOException {
        var torch = TorchLoader.load();
        RunSpec spec = new RunSpec("digits", 42, mode, 2, 14, "cpu", "fp32", 1, 1,
                new RunSpec.Section("mlp", Map.of("hidden", List.of(16), "dropout", 0.5)),
                new RunSpec.Section("digits", Map.of("batch_size", 240)),
                new RunSpec.Section("softmax_cross_entropy", Map.of()), List.of(),
                new RunSpec.Section("sgd", Map.of("lr", 0.1)), Path.of("."), Map.of());
        return new DjlTaskFactory(Optional.of(torch), Map.of("digits", new DigitsProvider()),
                Map.of("mlp", new MlpProvider()),
                Map.of("softmax_cross_entropy", new SoftmaxCrossEntropyProvider(torch)),
                Map.of("accuracy", new AccuracyProvider())).create(spec);
    }

    /** Draws a number that nobody asked for, in one iteration; keeps the weights at the end. */
    private static final class Disturber implements Hook {
        private final long at;
        private float[] weights;

        Disturber(long at) {
            this.at = at;
        }

        @Override
        public void beforeTrainIter(TrainingContext context) {
            if (context.progress().iteration() == at) {
                context.manager().randomUniform(0, 1, new Shape(1));
            }
        }

        @Override
        public void afterTrain(TrainingContext context) {
            weights = context.weights().flat().toFloatArray();
        }
    }

    /** Two epochs of six iterations, or fourteen iterations. */
    private float[] trained(Progress.Mode mode, long disturbedAt, Object... seedHook) throws IOException {
        HookRun run = new HookRun(folder, task(mode));
        if (seedHook.length > 0) {
            run.add(0, new SeedHook(Configs.of(SeedConfig.class, seedHook)));
        }
        run.add(20, new OptimizerHook(OptimizerSettings.DEFAULT));
        Disturber disturber = new Disturber(disturbedAt);
        run.add(60, disturber);
        assertThat((mode == Progress.Mode.BY_EPOCH ? run.epochs(2) : run.iterations(14)).failure()).isEmpty();
        return disturber.weights;
    }

    @Test
    void withoutItAPassDrawsTheSameWhateverWasDrawnBeforeIt() throws IOException {
        assertThat(trained(Progress.Mode.BY_EPOCH, 3)).isEqualTo(trained(Progress.Mode.BY_EPOCH, -1));
    }

    @Test
    void withItAPassDrawsTheSameWhateverWasDrawnBeforeIt() throws IOException {
        for (Progress.Mode mode : Progress.Mode.values()) {
            for (String each : List.of("epoch", "iteration")) {
                RecordingRun quiet = drawn(mode, -1, "each", each);
                RecordingRun loud = drawn(mode, 3, "each", each);
                assertThat(loud.drawn).isEqualTo(quiet.drawn).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(12);
            }
        }
    }

    @Test
    void eachMomentHasNumbersOfItsOwn() throws IOException {
        // Both start anew at iteration 0; from iteration 1 on one has another moment, the other has not.
        List<Float> eachIteration = drawn(-1, "each", "iteration").drawn;
        List<Float> eachEpoch = drawn(-1, "each", "epoch").drawn;
        assertThat(eachIteration.getFirst()).isEqualTo(eachEpoch.getFirst());
        assertThat(eachIteration.subList(1, 6)).doesNotContainAnyElementsOf(eachEpoch.subList(1, 6));
        // With a period of 4 a moment lasts four iterations: the one of iteration 4 is that of "each iteration" too.
        List<Float> eachFourth = drawn(-1, "each", "iteration", "period", 4L).drawn;
        assertThat(eachFourth.get(4)).isEqualTo(eachIteration.get(4));
        assertThat(eachFourth.get(5)).isNotEqualTo(eachIteration.get(5));
    }

    @Test
    void theSeedIsThatOfTheRunOrAnother() throws IOException {
        float[] ofRun = trained(Progress.Mode.BY_EPOCH, -1, "each", "epoch");
        assertThat(trained(Progress.Mode.BY_EPOCH, -1, "seed", 1L)).isEqualTo(ofRun);
        assertThat(trained(Progress.Mode.BY_EPOCH, -1, "seed", 7L)).isNotEqualTo(ofRun);
    }

    /** One number drawn in each iteration, after what was drawn for dropout. */
    private static final class RecordingRun implements Hook {
        private final List<Float> drawn = new java.util.ArrayList<>();

        @Override
        public void afterTrainIter(TrainingContext context) {
            drawn.add(context.manager().randomUniform(0, 1, new Shape(1)).toFloatArray()[0]);
        }
    }

    private RecordingRun drawn(long disturbedAt, Object... seedHook) throws IOException {
        return drawn(Progress.Mode.BY_ITER, disturbedAt, seedHook);
    }

    private RecordingRun drawn(Progress.Mode mode, long disturbedAt, Object... seedHook) throws IOException {
        HookRun run = new HookRun(folder, task(mode));
        RecordingRun recording = new RecordingRun();
        run.add(0, new SeedHook(Configs.of(SeedConfig.class, seedHook)));
        run.add(20, new OptimizerHook(OptimizerSettings.DEFAULT));
        run.add(30, recording);
        run.add(60, new Disturber(disturbedAt));
        assertThat((mode == Progress.Mode.BY_EPOCH ? run.epochs(2) : run.iterations(14)).failure()).isEmpty();
        return recording;
    }

    @Test
    void mistakesAreNamed() throws IOException {
        HookRun run = new HookRun(folder, new LinearTask(5, 8, 3, 4));
        run.add(0, new SeedHook(Configs.of(SeedConfig.class, "each", "epohc")));
        assertThat(run.epochs(1).failure().orElseThrow()).hasMessageContaining("each is 'epohc'");
        HookRun zero = new HookRun(folder, new LinearTask(5, 8, 3, 4));
        zero.add(0, new SeedHook(Configs.of(SeedConfig.class, "period", 0L)));
        assertThat(zero.epochs(1).failure().orElseThrow()).hasMessageContaining("period is 0, expected 1 or more");
        HookRun without = new HookRun(folder, new LinearTask(5, 8, 3, 4));
        without.add(0, new SeedHook(Configs.of(SeedConfig.class)));
        assertThat(without.epochs(1).failure().orElseThrow()).hasMessageContaining("RandomNumbers");
    }
}
