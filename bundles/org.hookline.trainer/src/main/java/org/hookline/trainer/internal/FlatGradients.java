// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.hookline.api.facet.Gradients;
import org.hookline.engine.Accumulation;
import org.hookline.torch.Torch;

/**
 * The gradients. Backward passes leave them with the leaves and add them up there; the first who asks for them has them
 * moved into the flat array, once for each step. Training thread only.
 */
final class FlatGradients implements Gradients, AutoCloseable {
    /** Added to the norm by {@code torch.nn.utils.clip_grad_norm_}. */
    private static final double CLIP_EPS = 1e-6;

    private final FlatParameters parameters;
    private final NDManager owner;
    private final Accumulation accumulation;
    private final DeviceReader reader;
    private final AnomalyMode anomalies;
    private final IterationProfiler profiler;
    private final NDArray flat;
    private final Torch.GradientSlots slots;
    /** Null where DJL's own operations have to do. */
    private final Torch unscaler;
    private final NDArray one;
    private final NDArray clipEps;
    private final NDArray zero;
    private final ConstantScalar maxNorm;
    private final ConstantScalar upper;
    private final ConstantScalar lower;
    private NDArray seed;
    private double seedScale;
    private NDArray loss;

    /** Whether the leaves have gradients that are not in the flat array. */
    private boolean onLeaves;
    /** Whether the flat array holds gradients; otherwise its contents mean nothing. */
    private boolean inFlat;

    /**
     * Makes an empty set of gradients.
     *
     * @param parameters whose gradients
     * @param owner of the arrays, on the device
     * @param gatherer if it can gather gradients in one call; otherwise DJL does it one by one
     * @param unscaler if it can take a loss scale out in one call
     * @param accumulation which micro-batches make up a step
     * @param reader for {@link #isFinite} and {@link #unscale}
     * @param anomalies does the backward passes
     * @param profiler is told of them
     */
    FlatGradients(FlatParameters parameters, NDManager owner, Optional<Torch> gatherer, Optional<Torch> unscaler,
            Accumulation accumulation, DeviceReader reader, AnomalyMode anomalies,
            IterationProfiler profiler) {
        this.parameters = parameters;
        this.owner = owner;
        this.accumulation = accumulation;
        this.reader = reader;
        this.anomalies = anomalies;
        this.profiler = profiler;
        flat = owner.zeros(parameters.flat().getShape());
        List<NDArray> leaves = parameters.segments().stream().map(FlatParameters.Segment::leaf).toList();
        slots = gatherer.map(t -> t.gradientSlots(leaves, flat)).orElse(null);
        this.unscaler = unscaler.orElse(null);
        one = Flat.scalar(owner, 1);
        clipEps = Flat.scalar(owner, CLIP_EPS);
        zero = Flat.scalar(owner, 0);
        maxNorm = new ConstantScalar(owner);
        upper = new ConstantScalar(owner);
        lower = new ConstantScalar(owner);
    }

    /**
     * Takes the loss of a micro-batch.
     *
     * @param newLoss with its graph; closed after its backward pass
     */
    void setLoss(NDArray newLoss) {
        dropLoss();
        loss = newLoss;
    }

    /** Forgets the loss, if nobody used it. */
    void dropLoss() {
        if (loss != null) {
            loss.close();
            loss = null;
        }
    }

    @Override
    public void zero() {
        if (onLeaves) {
            clearLeaves();
        }
        inFlat = false;
    }

    @Override
    public void backward(double scale) {
        NDArray target = loss;
        if (target == null) {
            throw new IllegalStateException("there is no loss: backward was done for this micro-batch, or comes before "
                    + "its forward pass");
        }
        loss = null;
        long begin = profiler.begin();
        try {
            onLeaves = true;
            anomalies.backward((PtNDArray) target, (PtNDArray) seed(scale, target.getShape()));
        } catch (RuntimeException e) {
            if (parameters.segments().stream().allMatch(FlatParameters.Segment::frozen)) {
                throw new IllegalStateException("backward: every parameter is frozen", e);
            }
            throw e;
        } finally {
            target.close();
            profiler.end("backward", begin);
        }
    }

    /** Backward starts from the scale itself, which is the gradient of {@code loss * scale} by the loss. */
    private NDArray seed(double scale, Shape shape) {
        if (seed == null || scale != seedScale || !seed.getShape().equals(shape)) {
            if (seed != null) {
                seed.close();
            }
            seed = owner.full(shape, (float) scale, DataType.FLOAT32);
            seedScale = scale;
        }
        return seed;
    }

    private void clearLeaves() {
        if (slots != null) {
            slots.clear();
        } else {
            for (FlatParameters.Segment segment : parameters.segments()) {
                JniUtils.zeroGrad((PtNDArray) segment.leaf());
            }
        }
        onLeaves = false;
    }

    private void gatherLeaves() {
        if (slots != null) {
            slots.gather();
        } else {
            for (FlatParameters.Segment segment : parameters.segments()) {
                gatherOne(segment);
            }
        }
        for (FlatParameters.Segment segment : parameters.segments()) {
            if (segment.frozen()) {
                Flat.copy(zero, flat, segment.start(), segment.end());
            }
        }
    }

    private void gatherOne(FlatParameters.Segment segment) {
        if (segment.frozen()) {
            return;
        }
        try (NDArray gradient = segment.leaf().getGradient()) {
            segment.put(gradient, flat);
        }
    }

    /** Moves what the leaves have into the flat array. */
    void collect() {
        if (onLeaves) {
            if (inFlat) {
                // Somebody looked at the gradients in the middle of an accumulation, and may have changed them.
                try (NDArray before = flat.duplicate()) {
                    gatherLeaves();
                    flat.addi(before);
                }
            } else {
                gatherLeaves();
            }
            clearLeaves();
        } else if (!inFlat) {
            Flat.copy(zero, flat);
        }
        inFlat = true;
    }

    /**
     * Does an optimizer step. Where nobody needed the gradients in the flat array so far, large ones stay where they
     * are: who asks for them later still gets them.
     *
     * @param optimizer does it
     * @param learningRate of this step
     * @param momentum of this step
     */
    void step(FlatOptimizer optimizer, double learningRate, double momentum) {
        if (slots == null || inFlat || !onLeaves || !optimizer.step(slots, learningRate, momentum)) {
            collect();
            optimizer.step(learningRate, momentum);
        }
    }

    /** {@return whether the flat array holds gradients of a step that is under way} */
    boolean inFlat() {
        return inFlat;
    }

    /** {@return whether the leaves hold gradients of a step that is under way} */
    boolean onLeaves() {
        return onLeaves;
    }

    /**
     * Copies what the leaves hold; nothing changes.
     *
     * @param to of the shape of the flat array
     */
    void copyLeaves(NDArray to) {
        if (!inFlat) {
            gatherLeaves();
            Flat.copy(flat, to);
            return;
        }
        try (NDArray before = flat.duplicate()) {
            gatherLeaves();
            Flat.copy(flat, to);
            Flat.copy(before, flat);
        }
    }

    /**
     * Goes on with the gradients of a step that was under way. Those of leaves are given back to the leaves, so that
     * what is added to them is added in the same order, to the last bit.
     *
     * @param inFlatBefore what the flat array held, or null
     * @param onLeavesBefore what the leaves held, in the shape of the flat array, or null
     */
    void load(NDArray inFlatBefore, NDArray onLeavesBefore) {
        zero();
        if (inFlatBefore != null) {
            Flat.copy(inFlatBefore, flat);
            inFlat = true;
        }
        if (onLeavesBefore == null) {
            return;
        }
        boolean gradMode = JniUtils.isGradMode();
        JniUtils.setGradMode(true);
        try (NDManager scope = owner.newSubManager()) {
            for (FlatParameters.Segment segment : parameters.segments()) {
                if (!segment.frozen()) {
                    NDArray wanted = segment.view(onLeavesBefore, scope);
                    // The gradient of sum(g * leaf) by the leaf is g. The first operand is the owner of the result.
                    NDArray sum = wanted.mul(segment.leaf()).sum();
                    NDArray seedOfSum = scope.ones(sum.getShape(), DataType.FLOAT32);
                    JniUtils.backward((PtNDArray) sum, (PtNDArray) seedOfSum, false, false);
                }
            }
        } finally {
            JniUtils.setGradMode(gradMode);
        }
        onLeaves = true;
    }

    /** Takes the gradient of a parameter that was just frozen away. */
    void froze(FlatParameters.Segment segment) {
        if (inFlat) {
            Flat.copy(zero, flat, segment.start(), segment.end());
        }
    }

    @Override
    public int accumulate() {
        return accumulation.microBatches();
    }

    @Override
    public void setAccumulate(int microBatches) {
        accumulation.setMicroBatches(microBatches);
    }

    @Override
    public boolean firstOfStep() {
        return accumulation.first();
    }

    @Override
    public boolean lastOfStep() {
        return accumulation.last();
    }

    @Override
    public int microBatchesOfStep() {
        return accumulation.size();
    }

    @Override
    public NDArray flat() {
        collect();
        return flat;
    }

    /** {@return the array that will hold the gradients, as it is} */
    NDArray target() {
        return flat;
    }

    @Override
    public OptionalDouble normAtHand() {
        if (slots == null) {
            return OptionalDouble.empty();
        }
        if (inFlat || !onLeaves || anyFrozen()) {
            collect();
        }
        return slots.norm(inFlat);
    }

    private boolean anyFrozen() {
        for (FlatParameters.Segment segment : parameters.segments()) {
            if (segment.frozen()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public NDArray norm() {
        OptionalDouble known = normAtHand();
        if (known.isPresent()) {
            return Flat.scalar(owner, known.getAsDouble());
        }
        collect();
        return flat.norm();
    }

    @Override
    public NDArray clipByNorm(double limit) {
        if (!(limit > 0)) {
            throw new IllegalArgumentException("the norm to clip to is " + limit + ", expected a number above 0");
        }
        OptionalDouble known = normAtHand();
        if (known.isPresent()) {
            float norm = (float) known.getAsDouble();
            // In float32, as on the device; NaN stays NaN.
            float factor = Math.min(1, (float) limit / (norm + (float) CLIP_EPS));
            if (factor != 1) {
                scale(factor);
            }
            return Flat.scalar(owner, norm);
        }
        NDArray norm = norm();
        try (NDArray divisor = norm.add(clipEps);
                NDArray ratio = maxNorm.of(limit).div(divisor);
                NDArray factor = ratio.minimum(one)) {
            flat.muli(factor);
        }
        return norm;
    }

    @Override
    public void clipByValue(double limit) {
        if (!(limit > 0)) {
            throw new IllegalArgumentException("the value to clip to is " + limit + ", expected a number above 0");
        }
        collect();
        try (NDArray below = flat.minimum(upper.of(limit)); NDArray within = below.maximum(lower.of(-limit))) {
            Flat.copy(within, flat);
        }
    }

    @Override
    public void scale(double factor) {
        collect();
        try (NDArray scalar = Flat.scalar(owner, factor)) {
            flat.muli(scalar);
        }
    }

    @Override
    public boolean isFinite() {
        OptionalDouble known = normAtHand();
        if (known.isPresent()) {
            if (Double.isFinite(known.getAsDouble())) {
                reader.counted();
                return true;
            }
            collect();
        } else {
            try (NDArray norm = norm()) {
                if (Double.isFinite(reader.read(norm))) {
                    return true;
                }
            }
        }
        // Large gradients can be finite and their squares not.
        try (NDArray magnitudes = flat.abs(); NDArray largest = magnitudes.max()) {
            return Double.isFinite(reader.read(largest));
        }
    }

    @Override
    public boolean unscale(double lossScale) {
        if (!(lossScale > 0)) {
            throw new IllegalArgumentException("the loss scale is " + lossScale + ", expected a number above 0");
        }
        collect();
        try (NDArray inverse = Flat.scalar(owner, 1 / lossScale)) {
            if (unscaler != null) {
                try (NDArray found = Flat.scalar(owner, 0)) {
                    unscaler.unscale(flat, inverse, found);
                    return reader.read(found) == 0;
                }
            }
            flat.muli(inverse);
        }
        // The largest magnitude is NaN where one is.
        try (NDArray magnitudes = flat.abs(); NDArray largest = magnitudes.max()) {
            return Double.isFinite(reader.read(largest));
        }
    }

    @Override
    public void close() {
        dropLoss();
        if (slots != null) {
            slots.close();
        }
    }
}
