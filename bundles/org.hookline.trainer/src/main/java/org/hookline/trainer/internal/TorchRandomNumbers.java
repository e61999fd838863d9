// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import ai.djl.pytorch.jni.JniUtils;
import org.hookline.api.facet.RandomNumbers;

/**
 * libtorch's generators, of the host and of all GPUs; they are those of the whole process. Before each forward pass
 * they start anew from the seed and the iteration, so that what is random in a pass depends on nothing that was before:
 * a resumed run draws the same numbers. Training thread only.
 */
final class TorchRandomNumbers implements RandomNumbers {
    /** Held to start the generators, and for as long as no other run of the process may start them anew. */
    static final Object GENERATORS = new Object();

    private long base;

    TorchRandomNumbers(long seed) {
        base = seed;
    }

    @Override
    public void seed(long seed, long moment) {
        base = SplitMix64.join(seed, moment);
        start(base);
    }

    /** Starts the generators for a forward pass. */
    void startPass(long iteration) {
        start(SplitMix64.join(base, iteration));
    }

    private static void start(long seed) {
        synchronized (GENERATORS) {
            JniUtils.setSeed(seed);
        }
    }

    /** {@return what the passes start from} */
    long base() {
        return base;
    }

    /** Goes on with what {@link #base} gave. */
    void setBase(long value) {
        base = value;
    }
}
