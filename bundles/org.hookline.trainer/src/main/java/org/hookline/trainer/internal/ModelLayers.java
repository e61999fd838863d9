// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Convolution;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.core.Prelu;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.util.Pair;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.hookline.api.facet.ModelInfo;

/** The layers of an initialised block. Training thread only. */
final class ModelLayers implements ModelInfo {
    /** A layer without what freezing changes. */
    private record Fixed(String name, String type, Optional<Shape> output, List<NDArray> parameters, long buffers,
            OptionalDouble flops) {}

    private static final Shape[] NONE = {};

    private final Block model;
    private final Shape sample;
    private final Map<NDArray, FlatParameters.Segment> segments = new IdentityHashMap<>();
    private List<Fixed> fixed;

    /**
     * Looks at a model.
     *
     * @param model initialised
     * @param input the shape of the batch with which it was initialised
     * @param parameters its parameters
     */
    ModelLayers(Block model, Shape input, FlatParameters parameters) {
        this.model = model;
        this.sample = input.slice(1);
        parameters.segments().forEach(s -> segments.put(s.leaf(), s));
    }

    @Override
    public Shape input() {
        return sample;
    }

    @Override
    public List<Layer> layers() {
        if (fixed == null) {
            // Not before somebody asks: to learn its output's shape, a block may compute.
            fixed = new ArrayList<>();
            // Of one sample: that is cheap.
            collect(model, "", new Shape[] {new Shape(1).addAll(sample)}, Collections.newSetFromMap(new IdentityHashMap<>()));
        }
        return fixed.stream().map(this::layer).toList();
    }

    private Layer layer(Fixed f) {
        long all = 0;
        long trainable = 0;
        for (NDArray array : f.parameters()) {
            all += array.size();
            trainable += segments.get(array).frozen() ? 0 : array.size();
        }
        return new Layer(f.name(), f.type(), f.output(), all, trainable, f.buffers(), f.flops());
    }

    /**
     * Adds the layers of a block.
     *
     * @param input the shapes of its input for one sample; empty where its parent does not tell what it gives it
     */
    private void collect(Block block, String path, Shape[] input, Set<Parameter> seen) {
        if (block.getChildren().isEmpty() || !block.getDirectParameters().isEmpty()) {
            List<NDArray> parameters = new ArrayList<>();
            long buffers = 0;
            for (Pair<String, Parameter> direct : block.getDirectParameters()) {
                NDArray array = direct.getValue().getArray();
                if (!seen.add(direct.getValue())) {
                    continue;
                }
                if (segments.containsKey(array)) {
                    parameters.add(array);
                } else {
                    buffers += array.size();
                }
            }
            Shape[] output = output(block, input);
            fixed.add(new Fixed(path.isEmpty() ? type(block) : path, type(block), ofSample(output), parameters, buffers,
                    flops(block, output)));
        }
        Shape[] next = block instanceof SequentialBlock || block instanceof ParallelBlock ? input : NONE;
        for (Pair<String, Block> child : block.getChildren()) {
            collect(child.getValue(), path.isEmpty() ? child.getKey() : path + "." + child.getKey(), next, seen);
            if (block instanceof SequentialBlock) {
                next = output(child.getValue(), next);
            }
        }
    }

    private static String type(Block block) {
        // A function's block is called after its function where it was told which.
        return block instanceof LambdaBlock lambda && !lambda.getName().equals(LambdaBlock.DEFAULT_NAME)
                ? lambda.getName()
                : block.getClass().getSimpleName();
    }

    private static Shape[] output(Block block, Shape[] input) {
        if (input.length == 0) {
            return NONE;
        }
        try {
            return block.getOutputShapes(input);
        } catch (RuntimeException e) {
            // Not every block can tell; of those behind it nothing is known then.
            return NONE;
        }
    }

    private static Optional<Shape> ofSample(Shape[] shapes) {
        return shapes.length == 1 && shapes[0].dimension() > 0 && shapes[0].get(0) == 1
                ? Optional.of(shapes[0].slice(1))
                : Optional.empty();
    }

    private static OptionalDouble flops(Block block, Shape[] output) {
        if (block.getDirectParameters().isEmpty() || block instanceof BatchNorm || block instanceof LayerNorm
                || block instanceof Prelu || block instanceof Embedding) {
            return OptionalDouble.of(0);
        }
        if (output.length != 1 || !(block instanceof Linear || block instanceof Convolution)) {
            return OptionalDouble.empty();
        }
        // Each value of the weight is used once for each place of the output: of a vector, or of a picture.
        Shape weight = block.getDirectParameters().get("weight").getArray().getShape();
        return OptionalDouble.of(2.0 * weight.size() * output[0].size() / weight.get(0));
    }
}
