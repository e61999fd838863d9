// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.facet;

import ai.djl.ndarray.NDArray;
import java.util.OptionalDouble;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The gradients of the trainable parameters, which lie in one flat array. Training thread only. Nothing here waits for
 * the device except {@link #isFinite()} and {@link #unscale}.
 */
@ProviderType
public interface Gradients {
    /** Forgets all gradients; the next {@link #backward} starts from nothing. */
    void zero();

    /**
     * Computes the gradients of {@code loss * scale} and adds them to what is there. The loss is that of the current
     * micro-batch; its graph is released.
     *
     * @param scale the factor, for example {@code 1 / accumulate} or a loss scale
     * @throws IllegalStateException if the loss of this micro-batch was already used
     */
    void backward(double scale);

    /** {@return the number of micro-batches that one optimizer step accumulates} */
    int accumulate();

    /**
     * Changes the number of micro-batches of a step, from the next step on.
     *
     * @param microBatches at least 1
     */
    void setAccumulate(int microBatches);

    /** {@return true where the current micro-batch is the first of an optimizer step} */
    boolean firstOfStep();

    /**
     * Tells whether the optimizer steps after the current micro-batch: the last of an accumulation, or the last of the
     * epoch or the run, so that an incomplete accumulation is stepped and not lost.
     *
     * @return true where a step is due
     */
    boolean lastOfStep();

    /**
     * Gives the number of micro-batches of the current optimizer step; fewer than {@link #accumulate()} for the last
     * one of an epoch that does not divide.
     *
     * @return the number of micro-batches by which to divide the loss
     */
    int microBatchesOfStep();

    /** {@return all gradients as one array of shape (number of parameters); owned by the trainer} */
    NDArray flat();

    /** {@return the L2 norm of all gradients together, as a scalar on the device, owned by the caller} */
    NDArray norm();

    /**
     * The same norm as a number, where that is at hand without waiting for a device: spares the array.
     *
     * @return the norm, rounded to float32; empty where only {@link #norm} gives it
     */
    default OptionalDouble normAtHand() {
        return OptionalDouble.empty();
    }

    /**
     * Scales all gradients so that their global L2 norm is at most {@code maxNorm}, as
     * {@code torch.nn.utils.clip_grad_norm_} does: factor {@code min(1, maxNorm / (norm + 1e-6))}.
     *
     * @param maxNorm above 0
     * @return the norm before clipping, as a scalar on the device, owned by the caller
     */
    NDArray clipByNorm(double maxNorm);

    /**
     * Limits each value to {@code [-limit, limit]}, as {@code torch.nn.utils.clip_grad_value_} does.
     *
     * @param limit above 0
     */
    void clipByValue(double limit);

    /**
     * Multiplies all gradients.
     *
     * @param factor the factor, for example the inverse of a loss scale
     */
    void scale(double factor);

    /** {@return true where no gradient is infinite or NaN; reads one value from the device} */
    boolean isFinite();

    /**
     * Takes a loss scale out of the gradients and tells whether they can be used, as
     * {@code torch.amp.GradScaler.unscale_} does: multiplies by the inverse of the scale and looks for infinite values
     * and NaN on the way. Reads one value from the device.
     *
     * @param lossScale the product of all that backward passes were scaled with beyond the mean; above 0
     * @return true where every gradient is finite
     */
    default boolean unscale(double lossScale) {
        scale(1 / lossScale);
        return isFinite();
    }
}
