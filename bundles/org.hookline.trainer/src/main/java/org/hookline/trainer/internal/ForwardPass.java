// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import org.hookline.api.model.Loss;
import org.hookline.torch.Torch;

/** Model and loss of one batch. Training thread only. */
final class ForwardPass {
    private final Block block;
    private final ParameterStore store;
    private final Loss loss;
    private final String lossName;
    private final MixedPrecision precision;

    /**
     * Joins a model and a loss.
     *
     * @param block initialised
     * @param store gives it its parameters
     * @param loss the loss
     * @param lossName its type, for messages
     * @param precision in which the block computes
     */
    ForwardPass(Block block, ParameterStore store, Loss loss, String lossName, MixedPrecision precision) {
        this.block = block;
        this.store = store;
        this.loss = loss;
        this.lossName = lossName;
        this.precision = precision;
    }

    /**
     * Computes predictions.
     *
     * @param batch the batch
     * @param training whether dropout drops and running statistics run
     * @return float32 of shape (batch, outputs)
     */
    NDArray predict(Batch batch, boolean training) {
        NDList out;
        try (Torch.AutocastScope _ = precision.enter()) {
            out = block.forward(store, new NDList(batch.features()), training);
        }
        return precision.widen(out.singletonOrThrow());
    }

    /**
     * Computes the mean loss, in full precision.
     *
     * @param batch the batch
     * @param predictions of it
     * @return a float32 scalar
     */
    NDArray loss(Batch batch, NDArray predictions) {
        NDArray value = loss.evaluate(batch.labels(), predictions);
        if (value.getDataType() != DataType.FLOAT32 || value.size() != 1) {
            throw new IllegalStateException("loss " + lossName + " gives " + value.getDataType() + " of shape "
                    + value.getShape() + ", expected one float32 value");
        }
        return value;
    }
}
