// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.model;

import ai.djl.ndarray.NDArray;
import org.osgi.annotation.versioning.ConsumerType;

/** A loss. Called on the training thread. */
@FunctionalInterface
@ConsumerType
public interface Loss {
    /**
     * Computes the mean loss of a batch, without waiting for the device.
     *
     * @param labels int64 of shape (batch) for classes, float32 of shape (batch, targets) otherwise
     * @param predictions of shape (batch, outputs)
     * @return a scalar, differentiable with respect to the predictions
     */
    NDArray evaluate(NDArray labels, NDArray predictions);
}
