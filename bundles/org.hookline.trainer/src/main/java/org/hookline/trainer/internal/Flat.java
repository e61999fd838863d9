// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;

/**
 * Operations on one-dimensional arrays that stay on the device. DJL's own {@code copyTo} and {@code set} go through the
 * host, and on the CPU they take the storage away from its views.
 */
final class Flat {
    private static final long[] FROM_START = {0};
    private static final long[] EACH = {1};

    private Flat() {}

    /**
     * Copies values.
     *
     * @param from of as many elements as the target, or of one
     * @param to one-dimensional, overwritten in place
     */
    static void copy(NDArray from, NDArray to) {
        copy(from, to, 0, to.size());
    }

    /**
     * Copies values into a part.
     *
     * @param from of {@code end - start} elements, or of one
     * @param to one-dimensional, overwritten in place
     * @param start of the part
     * @param end of the part, exclusive
     */
    static void copy(NDArray from, NDArray to, long start, long end) {
        JniUtils.indexSet((PtNDArray) to, (PtNDArray) from, start == 0 ? FROM_START : new long[] {start},
                new long[] {end}, EACH);
    }

    /**
     * Gives a view of a part.
     *
     * @param array one-dimensional
     * @param owner of the view
     * @param start of the part
     * @param end of the part, exclusive
     * @return shares the array's memory
     */
    static NDArray view(NDArray array, NDManager owner, long start, long end) {
        return array.get(owner, new NDIndex().addSliceDim(start, end));
    }

    /**
     * Makes a scalar on the device, without a transfer: DJL's operations with Java numbers wait for one each.
     *
     * @param owner of the scalar
     * @param value float32
     * @return of shape ()
     */
    static NDArray scalar(NDManager owner, double value) {
        return owner.full(new Shape(), (float) value, DataType.FLOAT32);
    }
}
