// SPDX-License-Identifier: Apache-2.0
package org.hookline.itests;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.Progress;
import org.hookline.data.digits.internal.DigitsProvider;
import org.hookline.engine.RunSpec;
import org.hookline.loss.internal.SoftmaxCrossEntropyProvider;
import org.hookline.metric.internal.AccuracyProvider;
import org.hookline.model.zoo.internal.MlpProvider;
import org.hookline.torch.TorchLoader;
import org.hookline.trainer.DjlTask;
import org.hookline.trainer.DjlTaskFactory;

/** The real trainer, a small perceptron with dropout and batch normalisation on the digits. */
final class DigitsTask {
    private DigitsTask() {}

    /**
     * Makes a task that has not started.
     *
     * @param epochs for which schedules are planned
     * @param batchSize samples of a micro-batch
     * @param dropout the share that is left out
     * @param precision {@code fp32}, {@code fp16} or {@code bf16}
     * @return the task, on the CPU with one thread
     */
    static DjlTask of(int epochs, int batchSize, double dropout, String precision) throws IOException {
        var torch = TorchLoader.load();
        RunSpec spec = new RunSpec("digits", 42, Progress.Mode.BY_EPOCH, epochs, 0, "cpu", precision, 1, 1,
                new RunSpec.Section("mlp", Map.of("hidden", List.of(16), "dropout", dropout, "batch_norm", true)),
                new RunSpec.Section("digits", Map.of("batch_size", batchSize)),
                new RunSpec.Section("softmax_cross_entropy", Map.of()), List.of(),
                new RunSpec.Section("adamw", Map.of("lr", 0.01)), Path.of("."), Map.of());
        return new DjlTaskFactory(Optional.of(torch), Map.of("digits", new DigitsProvider()),
                Map.of("mlp", new MlpProvider()),
                Map.of("softmax_cross_entropy", new SoftmaxCrossEntropyProvider(torch)),
                Map.of("accuracy", new AccuracyProvider())).create(spec);
    }
}
