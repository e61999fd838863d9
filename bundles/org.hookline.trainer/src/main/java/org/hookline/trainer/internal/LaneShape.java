// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;

/**
 * The memory of a batch: float32 features, and labels of int64 classes or float32 targets.
 *
 * @param samples the shape of the samples
 * @param capacity the largest number of samples, at least 1
 */
record LaneShape(SampleSpec samples, int capacity) {
    LaneShape {
        check((long) capacity * samples.features().size() * Float.BYTES);
        check((long) capacity * labelSize(samples) * labelType(samples).getNumOfBytes());
    }

    private static void check(long bytes) {
        if (bytes > Integer.MAX_VALUE) {
            throw new UserError("data: a batch takes " + bytes + " bytes, more than " + Integer.MAX_VALUE
                    + "; batch_size or the samples are too large");
        }
    }

    private static long labelSize(SampleSpec samples) {
        return samples.isClassification() ? 1 : samples.label().size();
    }

    private static DataType labelType(SampleSpec samples) {
        return samples.isClassification() ? DataType.INT64 : DataType.FLOAT32;
    }

    /** {@return values of the features of a sample} */
    int featureSize() {
        return Math.toIntExact(samples.features().size());
    }

    /** {@return values of the label of a sample} */
    int labelSize() {
        return Math.toIntExact(labelSize(samples));
    }

    /** {@return the type of labels} */
    DataType labelType() {
        return labelType(samples);
    }

    /** {@return the shape of the features of so many samples} */
    Shape features(int count) {
        return new Shape(count).addAll(samples.features());
    }

    /** {@return the shape of the labels of so many samples} */
    Shape labels(int count) {
        return samples.isClassification() ? new Shape(count) : new Shape(count).addAll(samples.label());
    }

    /** {@return bytes of the features of so many samples} */
    int featureBytes(int count) {
        return count * featureSize() * Float.BYTES;
    }

    /** {@return bytes of the labels of so many samples} */
    int labelBytes(int count) {
        return count * labelSize() * labelType().getNumOfBytes();
    }
}
