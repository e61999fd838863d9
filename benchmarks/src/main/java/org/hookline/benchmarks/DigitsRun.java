// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Hook;
import org.hookline.api.HookProperties;
import org.hookline.api.Progress;
import org.hookline.data.digits.internal.DigitsProvider;
import org.hookline.engine.HooklineEngine;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.loss.internal.SoftmaxCrossEntropyProvider;
import org.hookline.metric.internal.AccuracyProvider;
import org.hookline.model.zoo.internal.MlpProvider;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;
import org.hookline.trainer.DjlTaskFactory;

/** The run {@code digits.yaml} with all default hooks, for longer. */
final class DigitsRun {
    private DigitsRun() {}

    /**
     * Trains on the calling thread.
     *
     * @param witness called last of all hooks
     * @param iterations how many
     * @param flushDenormals the run file's key
     */
    static void train(Hook witness, int iterations, boolean flushDenormals) throws IOException {
        HooklineEngine engine = new HooklineEngine();
        HooklineContestant.addDefaultHooks(engine, 1);
        engine.add(witness, Map.of("component.name", "Witness", HookProperties.LEVEL, 1000, HookProperties.KIND,
                "training"));
        Torch torch = TorchLoader.load();
        DjlTaskFactory factory = new DjlTaskFactory(Optional.of(torch), Map.of("digits", new DigitsProvider()),
                Map.of("mlp", new MlpProvider()),
                Map.of("softmax_cross_entropy", new SoftmaxCrossEntropyProvider(torch)),
                Map.of("accuracy", new AccuracyProvider()));
        RunSpec spec = new RunSpec("digits-mlp", 42, Progress.Mode.BY_ITER, 0, iterations, "cpu", "fp32", 1, 1,
                new RunSpec.Section("mlp", Map.of("hidden", List.of(128, 64))),
                new RunSpec.Section("digits", Map.of("batch_size", 32)),
                new RunSpec.Section("softmax_cross_entropy", Map.of()), List.of(),
                new RunSpec.Section("adamw", Map.of("lr", 2e-3, "weight_decay", 0.01)), Path.of("."),
                Map.of("flush_denormals", flushDenormals));
        RunResult result = engine.prepare("digits", spec, Files.createTempDirectory("hookline"), factory.create(spec),
                event -> {}).execute();
        if (result.failure().isPresent()) {
            throw new IllegalStateException(result.failure().get());
        }
    }
}
