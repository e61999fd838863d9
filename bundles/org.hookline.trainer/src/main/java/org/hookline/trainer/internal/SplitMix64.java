// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

/**
 * The generator SplitMix64 (Steele, Lea and Flood, 2014). Written out here, so that orders depend on no JDK's choice of
 * algorithm and are the same for ever.
 */
final class SplitMix64 {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private long state;

    /**
     * Makes a generator.
     *
     * @param seed any value
     */
    SplitMix64(long seed) {
        state = seed;
    }

    /**
     * Joins two values to one seed; near values give unrelated seeds.
     *
     * @param first any value
     * @param second any value
     * @return the seed
     */
    static long join(long first, long second) {
        return mix(mix(first + GOLDEN) + GOLDEN * (second + 1));
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** {@return the next 64 bits} */
    long nextLong() {
        state += GOLDEN;
        return mix(state);
    }

    /**
     * Draws a number without bias (Lemire, 2019: multiply, and reject the short rest).
     *
     * @param bound above 0
     * @return uniform in [0, bound)
     */
    int nextInt(int bound) {
        long product = (nextLong() >>> 32) * bound;
        long low = product & 0xffffffffL;
        if (low < bound) {
            long threshold = (0x100000000L - bound) % bound;
            while (low < threshold) {
                product = (nextLong() >>> 32) * bound;
                low = product & 0xffffffffL;
            }
        }
        return (int) (product >>> 32);
    }
}
