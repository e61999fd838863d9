// SPDX-License-Identifier: Apache-2.0
package org.hookline.metric.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * A sum of arrays on the device; read back once. What is added is closed here, so that batches leave nothing behind.
 */
final class DeviceSum implements AutoCloseable {
    private final NDArray sum;

    /**
     * Starts at zero.
     *
     * @param manager of the device
     * @param type int64 for counts, float64 for other values, so that many batches lose nothing
     * @param shape of what is added
     */
    DeviceSum(NDManager manager, DataType type, Shape shape) {
        sum = manager.zeros(shape, type);
    }

    /** Adds an array and closes it. */
    void take(NDArray values) {
        try (values) {
            sum.addi(values);
        }
    }

    /** Reads the sum from the device. */
    double[] read() {
        double[] result = new double[(int) sum.size()];
        Number[] values = sum.toArray();
        for (int i = 0; i < result.length; i++) {
            result[i] = values[i].doubleValue();
        }
        return result;
    }

    @Override
    public void close() {
        sum.close();
    }
}
