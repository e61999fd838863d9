// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.Arrays;
import org.hookline.torch.internal.Attention;

/**
 * Self-attention of several heads (Vaswani et al., 2017; {@code torch.nn.MultiheadAttention}) without a mask: (batch,
 * steps, width) to the same shape. Parameters, their names and results are those of DJL's
 * {@code ScaledDotProductAttentionBlock}, so that what one has learnt the other can load; but keys, queries and values
 * come from one matrix product, the weights of attention need not lie in memory, and bfloat16 under autocast is fine.
 *
 * <p>Without {@link Torch.Feature#ATTENTION}, and on a GPU where only deterministic algorithms are allowed, the same is
 * computed by DJL's operations. Training thread only.
 */
public final class SelfAttentionBlock extends AbstractBlock {
    /** Which steps attend. */
    public enum Queries {
        /** All, each to all. */
        ALL,
        /** The last one to all, for a model that reads no other: (batch, steps, width) to (batch, 1, width). */
        LAST
    }

    private static final byte VERSION = 1;
    private static final NDIndex LAST_STEP = new NDIndex(":, -1:");

    private final Torch torch;
    private final int width;
    private final int heads;
    private final Queries queries;
    private final Linear keyProjection;
    private final Linear queryProjection;
    private final Linear valueProjection;
    private final Linear resultProjection;
    private final Dropout probabilityDropout;
    private final float dropout;

    /**
     * Makes one.
     *
     * @param torch computes it
     * @param width values of each step, a multiple of the heads
     * @param heads at least 1
     * @param dropout part of the weights of attention to leave out in training, in [0, 1)
     * @param queries which steps attend
     * @throws IllegalArgumentException if a number is not as described
     */
    public SelfAttentionBlock(Torch torch, int width, int heads, float dropout, Queries queries) {
        super(VERSION);
        if (heads < 1 || width < 1 || width % heads != 0) {
            throw new IllegalArgumentException("width is " + width + " and heads " + heads
                    + ", expected a width that is a multiple of the heads");
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout is " + dropout + ", expected at least 0 and below 1");
        }
        this.torch = torch;
        this.width = width;
        this.heads = heads;
        this.queries = queries;
        this.dropout = dropout;
        keyProjection = addChildBlock("keyProjection", projection());
        queryProjection = addChildBlock("queryProjection", projection());
        valueProjection = addChildBlock("valueProjection", projection());
        resultProjection = addChildBlock("resultProjection", projection());
        // To be seen among the layers, as in DJL's block; what drops is the operation.
        probabilityDropout = addChildBlock("probabilityDropout", Dropout.builder().optRate(dropout).build());
    }

    private Linear projection() {
        return Linear.builder().setUnits(width).build();
    }

    /** {@return the product that gives the queries; it sees only the steps that attend} */
    public Linear queryProjection() {
        return queryProjection;
    }

    /** {@return the product at the end; it sees only the steps that attend} */
    public Linear resultProjection() {
        return resultProjection;
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        Shape input = inputShapes[0];
        if (inputShapes.length != 1 || input.dimension() != 3 || input.get(2) != width) {
            throw new IllegalArgumentException("attention gets " + Arrays.toString(inputShapes)
                    + ", expected (batch, steps, " + width + ")");
        }
        return new Shape[] {queries == Queries.ALL ? input : new Shape(input.get(0), 1, width)};
    }

    @Override
    protected void initializeChildBlocks(NDManager manager, DataType dataType, Shape... shapes) {
        for (Linear projection : new Linear[] {keyProjection, queryProjection, valueProjection}) {
            projection.initialize(manager, dataType, shapes[0]);
        }
        Shape[] output = getOutputShapes(shapes);
        resultProjection.initialize(manager, dataType, output);
        probabilityDropout.initialize(manager, dataType,
                new Shape(shapes[0].get(0), heads, output[0].get(1), shapes[0].get(1)));
    }

    @Override
    protected NDList forwardInternal(ParameterStore store, NDList inputs, boolean training,
            PairList<String, Object> params) {
        NDArray steps = inputs.singletonOrThrow();
        NDArray q;
        NDList others;
        if (queries == Queries.ALL) {
            others = project(store, steps, training, keyProjection, queryProjection, valueProjection);
            q = others.remove(1);
        } else {
            others = project(store, steps, training, keyProjection, valueProjection);
            q = project(store, steps.get(LAST_STEP), training, queryProjection).head();
        }
        NDArray attended = attend(heads(q), heads(others.get(0)), heads(others.get(1)), training)
                .transpose(0, 2, 1, 3).reshape(q.getShape());
        return resultProjection.forward(store, new NDList(attended), training);
    }

    /** One product with the weights of several projections, one below the other. */
    private static NDList project(ParameterStore store, NDArray steps, boolean training, Linear... projections) {
        if (projections.length == 1) {
            return projections[0].forward(store, new NDList(steps), training);
        }
        NDList weights = new NDList(projections.length);
        NDList biases = new NDList(projections.length);
        for (Linear projection : projections) {
            weights.add(value(store, projection, "weight", steps, training));
            biases.add(value(store, projection, "bias", steps, training));
        }
        return Linear.linear(steps, NDArrays.concat(weights), NDArrays.concat(biases)).singletonOrThrow()
                .split(projections.length, 2);
    }

    private static NDArray value(ParameterStore store, Linear projection, String parameter, NDArray steps,
            boolean training) {
        return store.getValue(projection.getDirectParameters().get(parameter), steps.getDevice(), training);
    }

    /** (batch, steps, width) to (batch, heads, steps, values of a head), without a copy. */
    private NDArray heads(NDArray steps) {
        Shape shape = steps.getShape();
        return steps.reshape(shape.get(0), shape.get(1), heads, width / heads).transpose(0, 2, 1, 3);
    }

    private NDArray attend(NDArray q, NDArray k, NDArray v, boolean training) {
        float rate = training ? dropout : 0;
        if (torch.has(Torch.Feature.ATTENTION) && !(q.getDevice().isGpu() && deterministic())) {
            return torch.attention(q, k, v, rate, false);
        }
        return Attention.plain(q, k, v, rate);
    }

    /** The kernel for float32 of a GPU has a backward pass that adds in any order, and then throws. */
    private boolean deterministic() {
        return torch.has(Torch.Feature.SWITCHES) && torch.isOn(Torch.Switch.DETERMINISTIC);
    }
}
