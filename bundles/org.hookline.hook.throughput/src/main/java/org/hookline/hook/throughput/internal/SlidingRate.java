// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.throughput.internal;

/** Samples per second over the newest iterations. */
final class SlidingRate {
    private final double[] at;
    private final long[] total;
    private long marks;

    /**
     * Makes it.
     *
     * @param window iterations, at least 1
     */
    SlidingRate(int window) {
        at = new double[window + 1];
        total = new long[window + 1];
    }

    /**
     * Marks the end of an iteration; the first mark is where measuring begins.
     *
     * @param seconds the time, of any beginning
     * @param samples all samples so far, of any beginning
     */
    void mark(double seconds, long samples) {
        int i = (int) (marks++ % at.length);
        at[i] = seconds;
        total[i] = samples;
    }

    /** {@return samples per second between the oldest mark that is kept and the newest; NaN before there are two} */
    double perSecond() {
        if (marks < 2) {
            return Double.NaN;
        }
        int newest = (int) ((marks - 1) % at.length);
        int oldest = marks <= at.length ? 0 : (int) (marks % at.length);
        return (total[newest] - total[oldest]) / (at[newest] - at[oldest]);
    }
}
