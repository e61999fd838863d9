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
import org.hookline.torch.Torch;

/** Reads values back from the device, and counts how often. Training thread only. */
final class DeviceReader {
    private static final Shape ONE = new Shape(1);

    private final NDManager parent;
    /** Null where scalars cannot be read where they lie. */
    private final Torch host;
    private long count;

    /**
     * Makes a reader.
     *
     * @param parent of a scope for each read: DJL leaves its copies from a GPU with the owner of what was read
     * @param torch reads what lies in the host's memory, if it can
     */
    DeviceReader(NDManager parent, Optional<Torch> torch) {
        this.parent = parent;
        host = parent.getDevice().isGpu() ? null
                : torch.filter(t -> t.has(Torch.Feature.HOST_SCALARS)).orElse(null);
    }

    /** {@return the number of transfers so far} */
    long count() {
        return count;
    }

    /** Counts a transfer that someone else does. */
    void counted() {
        count++;
    }

    /**
     * Reads one value.
     *
     * @param scalar of one element
     * @return its value
     */
    double read(NDArray scalar) {
        return read(List.of(scalar))[0];
    }

    /**
     * Reads several values in one transfer.
     *
     * @param scalars of one element each
     * @return their values
     */
    double[] read(List<NDArray> scalars) {
        if (scalars.isEmpty()) {
            return new double[0];
        }
        count++;
        double[] values = new double[scalars.size()];
        if (host == null || !host.read(scalars, values)) {
            transfer(scalars, values);
        }
        return values;
    }

    private void transfer(List<NDArray> scalars, double[] values) {
        boolean narrow = scalars.stream().allMatch(s -> s.getDataType() == DataType.FLOAT32);
        try (NDManager scope = parent.newSubManager()) {
            PtNDArray[] parts = new PtNDArray[scalars.size()];
            for (int i = 0; i < parts.length; i++) {
                NDArray part = scalars.get(i).reshape(ONE);
                part.attach(scope);
                if (!narrow) {
                    part = part.toType(DataType.FLOAT64, false);
                }
                parts[i] = (PtNDArray) part;
            }
            NDArray all = JniUtils.stack(parts, 0);
            if (narrow) {
                float[] read = all.toFloatArray();
                for (int i = 0; i < values.length; i++) {
                    values[i] = read[i];
                }
            } else {
                System.arraycopy(all.toDoubleArray(), 0, values, 0, values.length);
            }
        }
    }
}
