// SPDX-License-Identifier: Apache-2.0
package org.hookline.metric.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.hookline.api.model.Metric;

/** The mean of a function of the errors over all target values, and a function of that mean. */
final class MeanError implements Metric {
    private final UnaryOperator<NDArray> ofError;
    private final DoubleUnaryOperator ofMean;
    private final DeviceSum sum;
    private long count;

    MeanError(NDManager manager, UnaryOperator<NDArray> ofError, DoubleUnaryOperator ofMean) {
        this.ofError = ofError;
        this.ofMean = ofMean;
        this.sum = new DeviceSum(manager, DataType.FLOAT64, new Shape());
    }

    @Override
    public void add(NDArray labels, NDArray predictions) {
        try (NDArray error = predictions.sub(labels); NDArray of = ofError.apply(error)) {
            sum.take(of.sum());
        }
        count += labels.size();
    }

    @Override
    public double value() {
        return ofMean.applyAsDouble(sum.read()[0] / count);
    }

    @Override
    public void close() {
        sum.close();
    }
}
