// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

/** In which order a pass takes the samples. It depends on its arguments alone, on every JDK and machine. */
final class SampleOrder {
    private final int[] indexes;
    private final boolean augmented;
    private final long seed;

    private SampleOrder(int[] indexes, boolean augmented, long seed) {
        this.indexes = indexes;
        this.augmented = augmented;
        this.seed = seed;
    }

    private static int[] ascending(int samples) {
        int[] indexes = new int[samples];
        for (int i = 0; i < samples; i++) {
            indexes[i] = i;
        }
        return indexes;
    }

    /**
     * The order of an evaluation: as the samples lie, without augmentation.
     *
     * @param samples how many
     * @return the order
     */
    static SampleOrder evaluation(int samples) {
        return new SampleOrder(ascending(samples), false, 0);
    }

    /**
     * The order of a training epoch. Shuffled by Fisher and Yates' method, every order being equally likely, with
     * {@link SplitMix64} seeded from the run's seed and the epoch.
     *
     * @param samples how many
     * @param shuffle whether they are shuffled
     * @param seed of the run
     * @param epoch from 0
     * @return the order
     */
    static SampleOrder training(int samples, boolean shuffle, long seed, int epoch) {
        int[] indexes = ascending(samples);
        long epochSeed = SplitMix64.join(seed, epoch);
        if (shuffle) {
            SplitMix64 random = new SplitMix64(epochSeed);
            for (int i = samples - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int swapped = indexes[i];
                indexes[i] = indexes[j];
                indexes[j] = swapped;
            }
        }
        return new SampleOrder(indexes, true, epochSeed);
    }

    /** {@return the number of samples} */
    int size() {
        return indexes.length;
    }

    /** {@return the sample at a position} */
    int at(int position) {
        return indexes[position];
    }

    /** {@return the seed of the augmentation of a sample; 0, for none, in evaluations only} */
    long randomOf(int index) {
        if (!augmented) {
            return 0;
        }
        long random = SplitMix64.join(seed, index);
        return random == 0 ? 1 : random;
    }
}
