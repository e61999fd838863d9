// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The sum of the squares of float32 in memory, which may lie in several pieces. The compiler makes vector instructions
 * of its loop, and the sums of many lanes are independent of one another, so that it is bound by memory: libtorch's own
 * norm adds to one vector, each time waiting for the addition before, and takes twice as long. The result depends on
 * the numbers alone, not on how they are cut into pieces. One thread at a time.
 */
final class SquareSum {
    /** Two arrays of this many fit into the innermost cache; each adds up few numbers, so that little is rounded. */
    private static final int LANES = 2048;

    private final float[] values = new float[LANES];
    private final float[] sums = new float[LANES];
    /** The lane of the next number. */
    private int next;

    /** Starts from nothing. */
    void clear() {
        Arrays.fill(sums, 0);
        next = 0;
    }

    /**
     * Adds numbers.
     *
     * @param address of the first
     * @param count how many
     */
    void add(long address, long count) {
        long at = address;
        for (long left = count; left > 0;) {
            int some = (int) Math.min(left, LANES - next);
            MemorySegment.copy(Call.MEMORY, JAVA_FLOAT, at, values, next, some);
            addSquares(values, sums, next, next + some);
            at += 4L * some;
            left -= some;
            skip(some);
        }
    }

    /**
     * Adds zeros.
     *
     * @param count how many
     */
    void skip(long count) {
        next = (int) ((next + count) % LANES);
    }

    /** {@return the sum of all squares; each lane was added up in float32, which overflows to infinity} */
    double sum() {
        double sum = 0;
        for (float lane : sums) {
            sum += lane;
        }
        return sum;
    }

    /** One index for both arrays: with an offset between them the compiler makes no vector instructions. */
    private static void addSquares(float[] values, float[] sums, int from, int to) {
        for (int i = from; i < to; i++) {
            float value = values[i];
            sums[i] += value * value;
        }
    }
}
