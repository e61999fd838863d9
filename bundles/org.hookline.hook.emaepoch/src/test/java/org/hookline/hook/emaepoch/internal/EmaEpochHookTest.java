// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.emaepoch.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.averaging.AveragedWeights;
import org.hookline.engine.RunResult;
import org.hookline.safetensors.SafetensorsReader;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.ScriptedTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmaEpochHookTest {
    @TempDir
    Path folder;

    private final NDManager root = NDManager.newBaseManager();

    @AfterEach
    void close() {
        root.close();
    }

    /** Steps, and shares an average of half the weights, as EMAIterHook shares its own. */
    private static final class Averaging implements Hook {
        private final AveragedWeights average = new AveragedWeights();

        @Override
        public void beforeTrain(TrainingContext context) {
            average.start(context.weights());
            context.shared().put(AveragedWeights.EMA, average.array().orElseThrow());
        }

        @Override
        public void afterTrainIter(TrainingContext context) {
            context.stepper().step();
        }

        @Override
        public void afterOptimizerStep(TrainingContext context) {
            average.move(context, 0.5);
        }
    }

    /** Three iterations an epoch; parameters of shapes (2, 2) and (1), after step k 16 k ... 16 k + 4. */
    private ScriptedTask task() {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put("01Linear.weight", new Shape(2, 2));
        shapes.put("01Linear.bias", new Shape(1));
        return new ScriptedTask(root, 3, shapes, k -> new float[] {16 * k, 16 * k + 1, 16 * k + 2, 16 * k + 3,
                16 * k + 4})
                .buffer("02BatchNorm.runningMean", 0.25f, 0.5f);
    }

    private static EmaEpochHook hook(Object... values) {
        return new EmaEpochHook(Configs.of(EmaEpochConfig.class, values));
    }

    private HookRun run(Hook hook) {
        HookRun run = new HookRun(folder, task());
        run.add(20, new Averaging());
        run.add(40, hook);
        return run;
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(folder.resolve("ema"))) {
            return all.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void eachEpochsAverageIsWrittenWithTheBuffers() throws IOException {
        HookRun run = run(hook());
        assertThat(run.epochs(2).failure()).isEmpty();
        assertThat(files()).containsExactly("epoch-0001.safetensors", "epoch-0002.safetensors");
        try (SafetensorsReader in = SafetensorsReader.open(folder.resolve("ema/epoch-0001.safetensors"))) {
            assertThat(in.names()).containsExactlyInAnyOrder("01Linear.weight", "01Linear.bias",
                    "02BatchNorm.runningMean");
            // From 0: 8, 20, 34 of 16, 32, 48; the others lie 1 to 4 above.
            assertThat(in.tensor("01Linear.weight").shape()).containsExactly(2, 2);
            assertThat(in.tensor("01Linear.weight").toFloats()).containsExactly(34, 35, 36, 37);
            assertThat(in.tensor("01Linear.bias").toFloats()).containsExactly(38);
            assertThat(in.tensor("02BatchNorm.runningMean").toFloats()).containsExactly(0.25f, 0.5f);
            assertThat(in.metadata()).containsEntry("hookline.epoch", "1").containsEntry("hookline.iteration", "3")
                    .containsEntry("hookline.steps", "3").containsEntry("format", "pt");
        }
        try (SafetensorsReader in = SafetensorsReader.open(folder.resolve("ema/epoch-0002.safetensors"))) {
            // 34 on to 49, 64.5, 80.25 with 64, 80, 96.
            assertThat(in.tensor("01Linear.weight").toFloats()[0]).isEqualTo(80.25f);
        }
        assertThat(run.events("ema_written")).hasSize(2);
    }

    @Test
    void inIterationModeEachPassOverTheDataIsWritten() throws IOException {
        assertThat(run(hook()).iterations(7).failure()).isEmpty();
        assertThat(files()).containsExactly("epoch-0001.safetensors", "epoch-0002.safetensors");
        try (SafetensorsReader in = SafetensorsReader.open(folder.resolve("ema/epoch-0001.safetensors"))) {
            assertThat(in.tensor("01Linear.weight").toFloats()[0]).isEqualTo(34);
            assertThat(in.metadata()).containsEntry("hookline.iteration", "3");
        }
    }

    @Test
    void theOldestFilesGo() throws IOException {
        run(hook("maxKeep", 2, "period", 2)).epochs(9);
        assertThat(files()).containsExactly("epoch-0006.safetensors", "epoch-0008.safetensors");
    }

    @Test
    void aRestoredHookKeepsCountOfItsFiles() throws IOException {
        EmaEpochHook first = hook("maxKeep", 2);
        run(first).epochs(2);
        Files.move(folder.resolve("ema/epoch-0002.safetensors"), folder.resolve("ema/epoch-0000.safetensors"));
        EmaEpochHook second = hook("maxKeep", 2);
        second.loadState(1, Map.of("written", List.of("epoch-0000.safetensors")));
        assertThat(first.saveState()).isEqualTo(Map.of("written",
                List.of("epoch-0001.safetensors", "epoch-0002.safetensors")));
        run(second).epochs(2);
        assertThat(files()).containsExactly("epoch-0001.safetensors", "epoch-0002.safetensors");
        assertThatThrownBy(() -> second.loadState(1, Map.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void withoutAnAverageItSaysWhatIsMissing() {
        HookRun run = new HookRun(folder, task());
        run.add(40, hook());
        RunResult result = run.epochs(1);
        assertThat(result.failure().orElseThrow().getCause()).isInstanceOf(UserError.class);
        assertThat(result.failure().orElseThrow()).hasMessageContaining("expected EMAIterHook in custom_hooks");
        assertThat(folder.resolve("ema")).doesNotExist();
    }

    @Test
    void anAverageThatHasNotStartedIsWaitedFor() {
        HookRun run = new HookRun(folder, task());
        run.add(30, new Hook() {
            @Override
            public void beforeTrainIter(TrainingContext context) {}
        }, "component.name", "EMAIterHook");
        run.add(40, hook());
        assertThat(run.epochs(1).failure()).isEmpty();
        assertThat(folder.resolve("ema")).doesNotExist();
    }

    @Test
    void theAverageItselfIsNotTouched() {
        float[] after = new float[5];
        HookRun run = run(hook());
        run.add(60, new Hook() {
            @Override
            public void afterTrainEpoch(TrainingContext context) {
                try (NDArray copy = context.shared().get(AveragedWeights.EMA).orElseThrow().duplicate()) {
                    System.arraycopy(copy.toFloatArray(), 0, after, 0, 5);
                }
            }
        });
        run.epochs(1);
        assertThat(after).containsExactly(34, 35, 36, 37, 38);
    }

    @Test
    void mistakesInTheParametersAreNamed() {
        assertThat(run(hook("period", 0)).epochs(1).failure().orElseThrow())
                .hasMessageContaining("EMAEpochHook: period is 0, expected 1 or more");
        assertThat(run(hook("maxKeep", -1)).epochs(1).failure().orElseThrow())
                .hasMessageContaining("EMAEpochHook: max_keep is -1, expected 0 or more");
    }
}
