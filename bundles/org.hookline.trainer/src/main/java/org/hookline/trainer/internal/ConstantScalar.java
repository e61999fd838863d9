// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** A number on the device that is seldom another one: made anew only then. Training thread only. */
final class ConstantScalar {
    private final NDManager owner;
    private NDArray array;
    private double current;

    /**
     * Prepares a scalar.
     *
     * @param owner of the array, on the device
     */
    ConstantScalar(NDManager owner) {
        this.owner = owner;
    }

    /**
     * Gives the number on the device.
     *
     * @param value the number
     * @return of shape (), float32; not to be closed or changed
     */
    NDArray of(double value) {
        if (array == null || Double.doubleToRawLongBits(value) != Double.doubleToRawLongBits(current)) {
            if (array != null) {
                array.close();
            }
            array = Flat.scalar(owner, value);
            current = value;
        }
        return array;
    }
}
