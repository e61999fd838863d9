// SPDX-License-Identifier: Apache-2.0
package org.hookline.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.ModelInfo;
import org.hookline.engine.HooklineEngine;
import org.hookline.engine.RunResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LibraryTest {
    private static final Library LIBRARY = Library.load();

    @TempDir
    Path folder;

    private Path runFile(String more) throws Exception {
        return Files.writeString(folder.resolve("run.yaml"), """
                name: library
                seed: 42
                threads: 1
                train: {mode: by_epoch, epochs: 3}
                model: {type: mlp, hidden: [32]}
                data: {type: digits, batch_size: 32}
                loss: softmax_cross_entropy
                optimizer: {type: adamw, lr: 5.0e-3}
                """ + more);
    }

    @Test
    void aRunFileIsTrainedWithItsHooksAndWritersAndAHookGivenByConstructor() throws Exception {
        List<Double> rates = new ArrayList<>();
        Hook mine = new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                rates.add(context.stepper().learningRate());
            }
        };
        HooklineEngine engine = new HooklineEngine();
        engine.add(mine, Map.of("level", "LOW", "hook.name", "mine"));
        Path output = folder.resolve("output");

        RunResult result = LIBRARY.train(engine, LIBRARY.read(runFile("""
                hooks:
                  OptimizerHook: {grad_clip: {max_norm: 1.0}}
                  LRSchedulerHook: {schedule: linear, min_lr: 0.0}
                """)), output, event -> {});

        assertThat(result.failure()).isEmpty();
        assertThat(result.iterations()).isEqualTo(135);
        assertThat(result.evaluations().getLast().values().get("accuracy")).isGreaterThan(0.9);
        assertThat(rates).hasSize(135);
        assertThat(rates.getFirst()).isGreaterThan(rates.getLast());
        assertThat(output.resolve("training_status.jsonl")).content().contains("\"grad_norm\"");
        // Those of the run file left with the run.
        assertThat(engine.hooks()).containsExactly("mine");
    }

    static Stream<Arguments> modelsOfText() {
        // 16 steps. A product of an (m, k) and a (k, n) matrix has 2mkn operations; the last layer comes to it below.
        double lstm = 2.0 * 16 * 4 * 64 * (16 + 64);
        double projections = 4 * 2.0 * 16 * 32 * 32;
        double attention = 2 * 2.0 * 16 * 16 * 32;
        double feedforward = 2 * 2.0 * 16 * 32 * 64;
        return Stream.of(
                Arguments.of("{type: lstm, embedding: 16, hidden: 64}", lstm, 64),
                Arguments.of("{type: transformer, width: 32, heads: 2, layers: 2, feedforward: 64}",
                        projections + attention + feedforward
                                // Of the last layer all steps are keys and values; the last one alone goes on.
                                + (projections / 2 + projections / 2 / 16 + attention / 16 + feedforward / 16), 32));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("modelsOfText")
    void aTextIsLearntBetterThanTheFrequenciesOfItsCharacters(String model, double flops, int width) throws Exception {
        Path text = Path.of("../../LICENSE").toAbsolutePath();
        Path file = Files.writeString(folder.resolve("text.yaml"), """
                name: text
                seed: 42
                threads: 1
                train: {mode: by_epoch, epochs: 3}
                model: %s
                data: {type: text, path: %s, context: 16, batch_size: 32}
                loss: softmax_cross_entropy
                optimizer: {type: adamw, lr: 3.0e-3}
                """.formatted(model, text));
        List<OptionalDouble> told = new ArrayList<>();
        HooklineEngine engine = new HooklineEngine();
        engine.add(new Hook() {
            @Override
            public void beforeTrain(TrainingContext context) {
                told.add(context.facet(ModelInfo.class).forwardFlops());
            }
        }, Map.of("hook.name", "mine"));
        RunResult result = LIBRARY.train(engine, LIBRARY.read(file), folder.resolve("output"), event -> {});
        assertThat(result.failure()).isEmpty();

        String all = Files.readString(text);
        String heldOut = all.substring(all.length() - all.length() / 10);
        double entropy = heldOut.chars().distinct().mapToDouble(c -> {
            double share = (double) heldOut.chars().filter(d -> d == c).count() / heldOut.length();
            return -share * Math.log(share);
        }).sum();
        // No model that looks at no context can be better on the characters held out, had it seen them.
        assertThat(entropy).isBetween(2.5, 3.5);
        assertThat(result.evaluations().getLast().values().get("loss")).isLessThan(entropy);
        assertThat(told).containsExactly(OptionalDouble.of(flops + 2.0 * width * all.chars().distinct().count()));
    }

    @Test
    void hooksAreMadeByTheirTypeWithCheckedParameters() {
        assertThat(LIBRARY.hookTypes()).contains("EvaluateHook", "LRSchedulerHook", "OptimizerHook", "PeriodicLogger");
        assertThat(LIBRARY.hook("OptimizerHook", Map.of("gradClip.maxNorm", 1, "onNonfinite", "skip"))).isNotNull();
        assertThat(LIBRARY.properties("OptimizerHook")).containsEntry("level", "HIGH")
                .containsEntry("hook.kind", "training").containsEntry("component.name", "OptimizerHook");
        assertThatThrownBy(() -> LIBRARY.hook("OptimiserHook", Map.of())).isInstanceOf(UserError.class)
                .hasMessageContaining("did you mean 'OptimizerHook'");
        assertThatThrownBy(() -> LIBRARY.hook("OptimizerHook", Map.of("gradClip.maxNorm", "much")))
                .isInstanceOf(UserError.class).hasMessageContaining("gradClip.maxNorm is 'much', expected double");
    }

    @Test
    void aMistakeInTheRunFileIsFoundAsOnTheCommandLine() throws Exception {
        Path file = runFile("hooks: {OptimizerHook: {grad_clip: {max_nrom: 1.0}}}\n");
        assertThatThrownBy(() -> LIBRARY.read(file)).isInstanceOf(UserError.class)
                .hasMessageContaining("did you mean 'grad_clip.max_norm'");
    }
}
