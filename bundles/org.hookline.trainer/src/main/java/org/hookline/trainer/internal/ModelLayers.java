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
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.recurrent.RecurrentBlock;
import ai.djl.nn.transformer.IdEmbedding;
import ai.djl.nn.transformer.ScaledDotProductAttentionBlock;
import ai.djl.nn.transformer.TransformerEncoderBlock;
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
import org.hookline.torch.SelfAttentionBlock;

/**
 * The layers of an initialised block. Training thread only.
 *
 * <p>Operations are counted as by {@code torch.utils.flop_counter}: a product of an (m, k) and a (k, n) matrix has
 * 2mkn, and nothing else has any. For one sample of a sequence of T steps this gives
 *
 * <ul>
 *   <li>of a recurrent layer of any kind 2T for each value of its matrices, which stand in the formulas of
 *       {@code torch.nn.RNN}, {@code torch.nn.LSTM} and {@code torch.nn.GRU} once for each step: for one layer and
 *       direction 2TgH(I + H), with I inputs, H values of state and g = 1, 4 and 3 gates
 *   <li>of attention 2TFE for the products of T queries with F keys of E values, over all heads together, and 2TFE for
 *       the weighted sums of the values ({@code sdpa_flop}; Vaswani et al. 2017, formula 1); its four projections are
 *       layers of their own
 *   <li>of an embedding 0: rows are looked up
 * </ul>
 */
final class ModelLayers implements ModelInfo {
    /** A layer without what freezing changes. */
    private record Fixed(String name, String type, Optional<Shape> output, List<NDArray> parameters, long buffers,
            OptionalDouble flops) {}

    private static final Shape[] NONE = {};

    private final Block model;
    private final Shape sample;
    private final IdentityHashMap<NDArray, FlatParameters.Segment> segments = new IdentityHashMap<>();
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
            collect(model, "", new Shape[] {new Shape(1).addAll(sample)},
                    Collections.newSetFromMap(new IdentityHashMap<>()));
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
        if (block.getChildren().isEmpty() || !block.getDirectParameters().isEmpty()
                || block instanceof ScaledDotProductAttentionBlock || block instanceof SelfAttentionBlock) {
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
                    flops(block, input, output)));
        }
        Shape[] next = input;
        for (Pair<String, Block> child : block.getChildren()) {
            collect(child.getValue(), path.isEmpty() ? child.getKey() : path + "." + child.getKey(),
                    given(block, child.getValue(), next), seen);
            if (block instanceof SequentialBlock) {
                next = output(child.getValue(), next);
            }
        }
    }

    /** What a block gives to a child, as far as is known of its kind. */
    @SuppressWarnings("ReferenceEquality") // which of its children it is
    private static Shape[] given(Block block, Block child, Shape[] input) {
        return switch (block) {
            case SequentialBlock sequence -> input;
            case ParallelBlock branches -> input;
            // All that it does leaves the shape as it is.
            case TransformerEncoderBlock encoder -> input;
            case ScaledDotProductAttentionBlock attention when input.length > 0 && !(child instanceof Dropout) ->
                child == attention.getQueryProjection() || child == attention.getResultProjection()
                        ? new Shape[] {queries(input)}
                        : new Shape[] {input[0]};
            case SelfAttentionBlock attention when !(child instanceof Dropout) ->
                child == attention.queryProjection() || child == attention.resultProjection()
                        ? output(block, input)
                        : input;
            default -> NONE;
        };
    }

    /**
     * Of one input and of two (the second is a mask) the first one is keys, queries and values, else the second one
     * queries.
     */
    private static Shape queries(Shape[] input) {
        return input[input.length < 3 ? 0 : 1];
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

    private static OptionalDouble flops(Block block, Shape[] input, Shape[] output) {
        if (block instanceof ScaledDotProductAttentionBlock) {
            if (input.length == 0 || input[0].dimension() != 3) {
                return OptionalDouble.empty();
            }
            return OptionalDouble.of(2 * 2.0 * queries(input).size() * input[0].get(1));
        }
        if (block instanceof SelfAttentionBlock) {
            return output.length == 0 ? OptionalDouble.empty()
                    : OptionalDouble.of(2 * 2.0 * output[0].size() * input[0].get(1));
        }
        if (block.getDirectParameters().isEmpty() || block instanceof BatchNorm || block instanceof LayerNorm
                || block instanceof Prelu || block instanceof Embedding || block instanceof IdEmbedding) {
            return OptionalDouble.of(0);
        }
        if (block instanceof RecurrentBlock) {
            if (input.length == 0 || input[0].dimension() != 3) {
                return OptionalDouble.empty();
            }
            double steps = (double) input[0].size() / input[0].get(2);
            return OptionalDouble.of(2 * steps * block.getDirectParameters().values().stream()
                    .map(p -> p.getArray().getShape()).filter(s -> s.dimension() == 2).mapToLong(Shape::size).sum());
        }
        if (output.length != 1 || !(block instanceof Linear || block instanceof Convolution)) {
            return OptionalDouble.empty();
        }
        // Each value of the weight is used once for each place of the output: of a vector, or of a picture.
        Shape weight = block.getDirectParameters().get("weight").getArray().getShape();
        return OptionalDouble.of(2.0 * weight.size() * output[0].size() / weight.get(0));
    }
}
