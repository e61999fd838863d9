// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.data;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import org.osgi.annotation.versioning.ConsumerType;

/** One part of a data set: training, validation or test. For any thread, several at a time. */
@ConsumerType
public interface Split {
    /** {@return the number of samples} */
    int size();

    /**
     * Writes the features of one sample at the buffer's position and moves it on by the size of
     * {@link SampleSpec#features()}.
     *
     * @param index from 0
     * @param out where to
     * @param random the seed of this sample's augmentation: a function of the run's seed, the epoch and the index;
     *     evaluation passes 0, for none
     */
    void readFeatures(int index, FloatBuffer out, long random);

    /**
     * Writes the class of one sample at the buffer's position; for classification.
     *
     * @param index from 0
     * @param out where to
     */
    default void readClass(int index, LongBuffer out) {
        throw new IllegalStateException("these samples have no class");
    }

    /**
     * Writes the target values of one sample at the buffer's position; for regression.
     *
     * @param index from 0
     * @param out where to
     */
    default void readTarget(int index, FloatBuffer out) {
        throw new IllegalStateException("these samples have no target values");
    }
}
