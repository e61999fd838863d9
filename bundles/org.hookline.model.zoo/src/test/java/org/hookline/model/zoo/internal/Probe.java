// SPDX-License-Identifier: Apache-2.0
package org.hookline.model.zoo.internal;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.ModelProvider;
import org.hookline.api.options.Options;

/** Trains a model on one small batch with real gradients, plain gradient descent. */
final class Probe implements AutoCloseable {
    final Block block;
    final NDManager manager;
    private final ParameterStore store;
    private final NDArray data;
    private final NDArray labels;

    Probe(ModelProvider provider, Map<String, ?> options, int batch, int classes, long... features) {
        Engine.getInstance().setRandomSeed(7);
        block = create(provider, options, classes, features);
        manager = NDManager.newBaseManager(Device.cpu());
        store = new ParameterStore(manager, false);
        Shape input = new Shape(batch).addAll(new Shape(features));
        data = provider instanceof LstmProvider || provider instanceof TransformerProvider
                ? manager.randomInteger(0, classes, input, DataType.INT32).toType(DataType.FLOAT32, false)
                : manager.randomNormal(input);
        labels = manager.create(IntStream.range(0, batch).mapToLong(i -> i % classes).toArray());
        block.initialize(manager, DataType.FLOAT32, data.getShape());
    }

    static Block create(ModelProvider provider, Map<String, ?> options, int classes, long... features) {
        SampleSpec samples = SampleSpec.classification(new Shape(features),
                IntStream.range(0, classes).mapToObj(Integer::toString).toList());
        if (provider instanceof LstmProvider || provider instanceof TransformerProvider) {
            samples = samples.withVocabulary(classes);
        }
        return provider.create(
                Options.of("model x", Path.of("."), provider.options(), options), samples);
    }

    NDArray forward(int samples, boolean training) {
        return block.forward(store, new NDList(data.get("0:" + samples)), training).singletonOrThrow();
    }

    /** What comes out of one sample. */
    float[] predict(float... features) {
        try (NDArray sample = manager.create(features, new Shape(1, features.length))) {
            return block.forward(store, new NDList(sample), false).singletonOrThrow().toFloatArray();
        }
    }

    /** The loss of the batch, without changing anything but running statistics. */
    float loss(boolean training) {
        return loss(forward((int) labels.size(), training)).getFloat();
    }

    private NDArray loss(NDArray logits) {
        return logits.logSoftmax(-1).gather(labels.expandDims(1), 1).mean().neg();
    }

    /** Trains by steps of one size against the sign of the gradient, which suits nets of any scale. */
    void train(int iterations, float rate) {
        for (int i = 0; i < iterations; i++) {
            backward();
            for (Parameter p : block.getParameters().values()) {
                if (p.requiresGradient()) {
                    try (NDArray gradient = p.getArray().getGradient(); NDArray step = gradient.sign().muli(rate)) {
                        p.getArray().subi(step);
                        gradient.muli(0);
                    }
                }
            }
        }
    }

    private void backward() {
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(loss(forward((int) labels.size(), true)));
        }
    }

    /** The names of the trainable parameters whose gradient of one pass is zero throughout, or not finite. */
    List<String> withoutGradient() {
        List<String> dead = new ArrayList<>();
        backward();
        for (Pair<String, Parameter> p : block.getParameters()) {
            if (p.getValue().requiresGradient()) {
                float size = p.getValue().getArray().getGradient().abs().max().getFloat();
                if (!(size > 0 && size < Float.POSITIVE_INFINITY)) {
                    dead.add(p.getKey());
                }
            }
        }
        return dead;
    }

    /** Whether there is a batch norm in the model. */
    boolean normalised() {
        return block.getParameters().values().stream().anyMatch(p -> p.getType() == Parameter.Type.RUNNING_MEAN);
    }

    long parameters() {
        return block.getParameters().values().stream().filter(Parameter::requiresGradient)
                .mapToLong(p -> p.getArray().size()).sum();
    }

    @Override
    public void close() {
        manager.close();
    }
}
