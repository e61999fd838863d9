// SPDX-License-Identifier: Apache-2.0
package org.hookline.runfile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.options.Option;

/** A small installation and a folder with run files. */
final class Lab {
    static final Installed INSTALLED = new Installed(
            List.of(
                    HookType.hook("OptimizerHook",
                            number("gradClip.maxNorm", "0", 0, Double.NaN),
                            number("gradClip.normType", "2", 0, Double.NaN),
                            new Parameter("onNonfinite", Parameter.Type.TEXT, 0, Optional.of(List.of("ignore")),
                                    "What to do.", Optional.empty(), Optional.empty(),
                                    List.of("ignore", "skip", "abort"))),
                    HookType.hook("Fp16OptimizerHook",
                            number("initScale", "65536", 0, Double.NaN),
                            number("gradClip.maxNorm", "0", 0, Double.NaN)),
                    HookType.hook("LRSchedulerHook",
                            Parameter.of("schedule", Parameter.Type.TEXT, "constant", "Curve."),
                            new Parameter("milestones", Parameter.Type.INTEGER, Integer.MAX_VALUE,
                                    Optional.of(List.of()), "Times.", Optional.empty(), Optional.empty(), List.of()),
                            number("warmup.ratio", "0.0", 0, 1)),
                    HookType.hook("EvaluateHook",
                            new Parameter("period", Parameter.Type.INTEGER, 0, Optional.of(List.of("1")),
                                    "Epochs between two evaluations.", Optional.of(0.0), Optional.empty(), List.of()),
                            Parameter.of("atEnd", Parameter.Type.BOOLEAN, "true", "Also at the end.")),
                    HookType.hook("PeriodicLogger"),
                    HookType.writer("CommonMetricLoggerHook",
                            Parameter.of("bar", Parameter.Type.BOOLEAN, "true", "A progress bar.")),
                    HookType.writer("TensorboardLoggerHook"),
                    HookType.hook("EMAIterHook", number("decay", "0.999", 0, 1)),
                    new HookType("StrangerHook", "org.example.Stranger", false, "", Optional.empty())),
            Map.of("digits", List.of(
                            Option.of("path", Option.Type.PATH, "", "a folder"),
                            Option.of("columns", Option.Type.TEXTS, List.of(), "names"),
                            Option.of("label", Option.Type.TEXT, "y", "the label")),
                    "csv", List.of(Option.required("file", Option.Type.PATH, "the file"))),
            Map.of("mlp", List.of(
                            Option.of("hidden", Option.Type.INTEGERS, List.of(128), "widths of the hidden layers"),
                            Option.of("dropout", Option.Type.NUMBER, 0.0, "share of values left out"),
                            Option.choice("activation", List.of("relu", "gelu"), "relu", "the activation")),
                    "lenet", List.of()),
            Map.of("softmax_cross_entropy", List.of(
                    Option.of("label_smoothing", Option.Type.NUMBER, 0.0, "share of the other classes"))),
            Map.of("accuracy", List.of(), "top_k", List.of(Option.of("k", Option.Type.INTEGER, 5, "how many"))),
            Map.of(), Installed.DATA, true);

    /** A run file that has no mistakes. */
    static final String GOOD = """
            name: digits-mlp
            seed: 7
            train: {mode: by_epoch, epochs: 20}
            model: {type: mlp, hidden: [128, 64]}
            data: {type: digits, batch_size: 32}
            loss: softmax_cross_entropy
            optimizer: {type: adamw, lr: 1.0e-3, weight_decay: 0.01}
            """;

    private final Path folder;

    Lab(Path folder) {
        this.folder = folder;
    }

    private static Parameter number(String name, String defaultValue, double min, double max) {
        return new Parameter(name, Parameter.Type.NUMBER, 0, Optional.of(List.of(defaultValue)), "A number.",
                Optional.of(min), Double.isNaN(max) ? Optional.empty() : Optional.of(max), List.of());
    }

    Lab file(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return this;
    }

    Reading read(String name, String... overrides) {
        return new RunFileReader(INSTALLED, folder).read(folder.resolve(name), List.of(overrides));
    }

    /** Reads a run file that is to have no mistakes. */
    RunFile good(String text, String... overrides) throws IOException {
        return file("run.yaml", text).read("run.yaml", overrides).require();
    }

    /** Reads a run file and gives the lines of its mistakes. */
    List<String> mistakes(String text, String... overrides) throws IOException {
        return file("run.yaml", text).read("run.yaml", overrides).mistakes().stream().map(Mistake::toString).toList();
    }
}
