// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.Split;

/**
 * The training images of a work, all in memory: what the others get without a data pipeline of ours.
 *
 * @param shape of the features: (samples, ...)
 * @param features of all samples
 * @param classes of all samples
 */
record Arrays(Shape shape, float[] features, long[] classes) {
    static Arrays of(Dataset data) {
        Split split = data.splits().get(Dataset.TRAIN);
        int width = Math.toIntExact(data.spec().features().size());
        FloatBuffer features = FloatBuffer.allocate(split.size() * width);
        LongBuffer classes = LongBuffer.allocate(split.size());
        for (int i = 0; i < split.size(); i++) {
            split.readFeatures(i, features, 0);
            split.readClass(i, classes);
        }
        return new Arrays(new Shape(split.size()).addAll(data.spec().features()), features.array(), classes.array());
    }

    NDArray features(NDManager manager) {
        return manager.create(features, shape);
    }

    NDArray classes(NDManager manager) {
        return manager.create(classes);
    }

    /** {@return the shape of a batch} */
    Shape batch(int size) {
        long[] batch = shape.getShape().clone();
        batch[0] = size;
        return new Shape(batch);
    }
}
