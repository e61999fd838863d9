// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.hookline.api.data.DatasetProvider;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Options;
import org.hookline.model.zoo.internal.LeNetProvider;
import org.hookline.model.zoo.internal.LstmProvider;
import org.hookline.model.zoo.internal.MlpProvider;
import org.hookline.model.zoo.internal.ResNetProvider;
import org.hookline.model.zoo.internal.TransformerProvider;
import org.hookline.torch.Torch;
import org.hookline.torch.TorchLoader;

/**
 * A model and its data, for all contestants the same.
 *
 * @param key its name on the command line
 * @param name its name in tables
 * @param model its type in run files
 * @param options of the model
 * @param providers of the model
 * @param batch samples of an iteration
 * @param padding pixels round an image
 * @param stretch iterations of one turn: about half a second
 */
record Work(String key, String name, String model, Map<String, Object> options,
        Function<Torch, ModelProvider> providers, int batch,
        int padding, int stretch) {
    /** Training images that are used: 200 batches of 64, in the order of the file. */
    static final int SAMPLES = 12_800;

    /** Of the initial weights. */
    static final int SEED = 1;

    /** Has nothing, so that a model falls back on DJL's operations. */
    static final Torch DJL_ALONE = TorchLoader.open(Path.of("none"));

    static final double LEARNING_RATE = 1e-3;
    static final double WEIGHT_DECAY = 0.01;

    static final List<Work> ALL = List.of(
            new Work("mlp", "MLP 784-256-256-10", "mlp", Map.of("hidden", List.of(256, 256)), _ -> new MlpProvider(),
                    64, 0, 700),
            new Work("deep", "MLP 30x128", "mlp", Map.of("hidden", Collections.nCopies(30, 128)),
                    _ -> new MlpProvider(), 64, 0, 180),
            new Work("lenet", "LeNet", "lenet", Map.of(), LeNetProvider::new, 64, 0, 150),
            new Work("resnet", "ResNet-18, 32x32", "resnet", Map.of("depth", "18"), ResNetProvider::new, 32, 2, 2),
            new Work("lstm", "LSTM 128, 64 characters", "lstm", Map.of(), _ -> new LstmProvider(), 64, 0, 34),
            new Work("transformer", "Transformer 2x128, 64 characters", "transformer", Map.of(),
                    TransformerProvider::new, 64, 0, 11));

    static Work of(String key) {
        return ALL.stream().filter(w -> w.key.equals(key)).findFirst().orElseThrow(
                () -> new IllegalArgumentException("work is '" + key + "', expected one of "
                        + ALL.stream().map(Work::key).toList()));
    }

    /** {@return whether its samples are characters} */
    boolean ofText() {
        return model.equals("lstm") || model.equals("transformer");
    }

    /** {@return whether its run file has {@code channels_last: true}} */
    boolean channelsLast() {
        return model.equals("resnet");
    }

    DatasetProvider data() {
        return ofText() ? new Text() : new Images(padding);
    }

    /** {@return its data set, opened} */
    org.hookline.api.data.Dataset open() throws java.io.IOException {
        DatasetProvider data = data();
        return data.open(Options.of("data", Path.of("."), data.options(), Map.of()));
    }

    /**
     * Makes a new, uninitialised model.
     *
     * @param samples what it is for
     * @param torch its operations
     */
    ai.djl.nn.Block block(org.hookline.api.data.SampleSpec samples, Torch torch) {
        ModelProvider provider = providers.apply(torch);
        return provider.create(Options.of("model", Path.of("."), provider.options(), options), samples);
    }
}
