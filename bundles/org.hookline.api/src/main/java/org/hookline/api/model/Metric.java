// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.model;

import ai.djl.ndarray.NDArray;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A score that is gathered over the batches of an evaluation. It keeps its sums on the device and is asked for its
 * value once, at the end. One instance serves one evaluation pass, on the training thread.
 */
@ConsumerType
public interface Metric extends AutoCloseable {
    /**
     * Adds a batch, without waiting for the device.
     *
     * @param labels int64 of shape (batch) for classes, float32 of shape (batch, targets) otherwise
     * @param predictions of shape (batch, outputs)
     */
    void add(NDArray labels, NDArray predictions);

    /** {@return the score over all batches; reads from the device} */
    double value();

    /** Frees what it holds on the device. */
    @Override
    void close();
}
