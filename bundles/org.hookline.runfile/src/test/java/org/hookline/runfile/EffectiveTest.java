// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EffectiveTest {
    private static final String ALL = Lab.GOOD.replace("{type: digits,", "{type: digits, path: here,") + """
            device: cpu
            accumulate: 2
            tf32: true
            channels_last: true
            metrics: [accuracy, {type: top_k, k: 3}]
            hooks:
              OptimizerHook: {grad_clip: {max_norm: 1.0}, level: 15}
              EvaluateHook: false
              LRSchedulerHook: {milestones: [4, 8]}
              TensorboardLoggerHook: {name: tb}
            custom_hooks:
              - {type: EMAIterHook, level: LOW, on_error: retry 2, before: [PeriodicLogger]}
              - {type: EMAIterHook, name: "007"}
              - {type: StrangerHook, a: {b: 1}, text: "1e3"}
            """;

    @TempDir
    Path folder;

    private Lab lab;

    @BeforeEach
    void open() {
        lab = new Lab(folder);
    }

    @Test
    void theEffectiveFileHoldsAllDefaults() throws IOException {
        assertThat(lab.good(Lab.GOOD).configuration()).isEqualTo(Map.ofEntries(
                Map.entry("name", "digits-mlp"), Map.entry("seed", 7L),
                Map.entry("train", Map.of("mode", "by_epoch", "epochs", 20L)),
                Map.entry("device", "auto"), Map.entry("precision", "fp32"), Map.entry("accumulate", 1L),
                Map.entry("threads", 0L), Map.entry("flush_denormals", true),
                Map.entry("blas", "auto"), Map.entry("tf32", "auto"), Map.entry("cudnn_benchmark", false),
                Map.entry("deterministic", false), Map.entry("channels_last", false),
                Map.entry("model", Map.of("type", "mlp", "hidden", List.of(128L, 64L), "dropout", 0.0,
                        "activation", "relu")),
                Map.entry("data", Map.of("type", "digits", "batch_size", 32L, "shuffle", true, "path", "",
                        "columns", List.of(), "label", "y")),
                Map.entry("loss", Map.of("type", "softmax_cross_entropy", "label_smoothing", 0.0)),
                Map.entry("metrics", List.of()),
                Map.entry("optimizer", Map.of("type", "adamw", "lr", 0.001, "weight_decay", 0.01)),
                Map.entry("hooks", Map.of(
                        "OptimizerHook", Map.of("grad_clip", Map.of("max_norm", 0.0, "norm_type", 2.0),
                                "on_nonfinite", "ignore"),
                        "LRSchedulerHook", Map.of("schedule", "constant", "milestones", List.of(), "warmup",
                                Map.of("ratio", 0.0)),
                        "EvaluateHook", Map.of("period", 1L, "at_end", true),
                        "PeriodicLogger", Map.of(),
                        "CommonMetricLoggerHook", Map.of("bar", true))),
                Map.entry("custom_hooks", List.of())));
    }

    @Test
    void readingTheEffectiveFileElsewhereGivesTheSameRun() throws IOException {
        RunFile first = lab.good(ALL);
        RunFile second = lab.file("deep/er/effective.yaml", first.yaml()).read("deep/er/effective.yaml").require();

        assertThat(second.configuration()).isEqualTo(first.configuration());
        assertThat(second.spec()).usingRecursiveComparison().ignoringFields("baseFolder").isEqualTo(first.spec());
        assertThat(second.hooks()).extracting(HookEntry::name).isEqualTo(
                first.hooks().stream().map(HookEntry::name).toList());
        assertThat(second.hooks()).extracting(HookEntry::level).isEqualTo(
                first.hooks().stream().map(HookEntry::level).toList());
        assertThat(second.yaml().lines().skip(1)).containsExactlyElementsOf(first.yaml().lines().skip(1).toList());
    }

    @Test
    void theEffectiveFileReadsAsAPersonWouldWriteIt() throws IOException {
        assertThat(lab.good(ALL).yaml().lines())
                .contains("train: {mode: by_epoch, epochs: 20}", "name: digits-mlp", "  EvaluateHook: false",
                        "optimizer: {type: adamw, lr: 0.001, weight_decay: 0.01}")
                .noneMatch(l -> l.contains("&id"));
    }
}
