// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

/**
 * Blocks of a product that OpenBLAS's kernels for AVX-512 compute from the matrices where they lie. A larger product is
 * computed from copies of both, in the order in which a kernel reads them, which pays only where each number is used
 * often. In a layer of a neural network one side is a batch: with 64 samples the copies take a third of the time, with
 * 8 three quarters.
 *
 * <p>Without copies OpenBLAS computes up to a million multiplications, and where the first matrix alone is turned up to
 * 1,200 numbers of the result, from a depth of 32 (its {@code sgemm_small_kernel_permit} for Skylake-X, 0.3.31). When
 * a product is faster in such blocks was measured on an EPYC of the fifth generation, with 720 products of random
 * sizes: 1.7 times as fast on average (geometric), at worst 0.92 times.
 */
enum Unpacked {
    /** Of the transpose of a matrix and a narrow matrix: a layer's forward pass. */
    TURNED(128, 8, 976),
    /** Of two matrices as they lie: the gradient of a layer's input. */
    PLAIN(64, 64, 192),
    /** The same where the second one is wide. */
    WIDE(32, 128, 128),
    /** Of a matrix and the transpose of another: the gradient of a layer's weights. */
    OUTER(64, 128, 64);

    /** Numbers of which a second read finds most in the cache of a core (1 MiB). */
    private static final long CACHED = 1 << 18;
    /** Rows from which the columns of a matrix lie so far apart that they push one another out of the first cache. */
    private static final int FAR = 1024;

    /** At most, of a block. */
    private final int rows;
    private final int columns;
    private final int depth;

    Unpacked(int rows, int columns, int depth) {
        this.rows = rows;
        this.columns = columns;
        this.depth = depth;
    }

    int rows() {
        return rows;
    }

    int columns() {
        return columns;
    }

    int depth() {
        return depth;
    }

    /**
     * Chooses blocks for a product, {@code sgemm}'s: matrices by columns, {@code rows x depth} times {@code depth x
     * columns}.
     *
     * @param turnsA whether the first matrix is given as its transpose
     * @param turnsB whether the second one is
     * @param rows of the result
     * @param columns of the result
     * @param depth numbers of which a number of the result is the sum
     * @return the blocks; null where the product is the faster as a whole, or is small enough as it is
     */
    static Unpacked of(boolean turnsA, boolean turnsB, int rows, int columns, int depth) {
        if (turnsA && !turnsB) {
            return (long) rows * columns > 1_200 && depth >= 64
                    && (columns <= 96 && 2 * columns <= depth || rows <= 32 && 8 * rows <= depth) ? TURNED : null;
        }
        // Both turned: no layer computes that.
        if (turnsA || (long) rows * columns * depth <= 1_000_000) {
            return null;
        }
        if (turnsB) {
            return (long) rows * columns <= CACHED && (rows < FAR || depth >= 32) ? OUTER : null;
        }
        boolean faster = depth >= 16 && (columns <= 32 || rows < FAR && (long) rows * depth <= CACHED);
        return !faster ? null : columns < 128 ? PLAIN : WIDE;
    }
}
