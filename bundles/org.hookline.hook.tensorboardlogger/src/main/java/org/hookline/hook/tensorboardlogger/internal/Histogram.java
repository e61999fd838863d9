// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.tensorboardlogger.internal;

import java.util.Arrays;

/**
 * Counts values into TensorFlow's buckets: limits that grow by a tenth from 1e-12 to 1e20, the same below zero, and
 * zero itself. A value belongs to the first bucket whose limit is above it. Values that are not finite are left out.
 *
 * <p>Source: TensorFlow 2.18, {@code tensorflow/core/lib/histogram/histogram.cc}.
 */
final class Histogram {
    private static final double[] LIMITS = limits();

    private final double[] counts = new double[LIMITS.length];
    private double min = Double.MAX_VALUE;
    private double max = -Double.MAX_VALUE;
    private double number;
    private double sum;
    private double squares;

    private static double[] limits() {
        double[] positive = new double[1024];
        int n = 0;
        for (double v = 1.0e-12; v < 1.0e20; v *= 1.1) {
            positive[n++] = v;
        }
        positive[n++] = Double.MAX_VALUE;
        double[] limits = new double[2 * n + 1];
        for (int i = 0; i < n; i++) {
            limits[n - 1 - i] = -positive[i];
            limits[n + 1 + i] = positive[i];
        }
        return limits;
    }

    /**
     * Counts values anew.
     *
     * @param values what to count
     * @return how many were counted; the others are not finite
     */
    int count(float[] values) {
        Arrays.fill(counts, 0);
        min = Double.MAX_VALUE;
        max = -Double.MAX_VALUE;
        sum = 0;
        squares = 0;
        int counted = 0;
        for (float value : values) {
            if (Float.isFinite(value)) {
                counted++;
                counts[bucket(value)]++;
                min = Math.min(min, value);
                max = Math.max(max, value);
                sum += value;
                squares += (double) value * value;
            }
        }
        number = counted;
        return counted;
    }

    /** The first bucket whose limit is above the value. */
    private static int bucket(double value) {
        int low = 0;
        int high = LIMITS.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (LIMITS[middle] > value) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /**
     * Adds the fields of a {@code HistogramProto}. Of a row of empty buckets only the last one is written.
     *
     * @param out a message that was begun
     */
    void encode(ProtoBuffer out) {
        out.real(1, min);
        out.real(2, max);
        out.real(3, number);
        out.real(4, sum);
        out.real(5, squares);
        out.begin(6);
        for (int i = next(0); i < counts.length; i = next(i + 1)) {
            out.packed(LIMITS[i]);
        }
        out.end();
        out.begin(7);
        for (int i = next(0); i < counts.length; i = next(i + 1)) {
            out.packed(counts[i]);
        }
        out.end();
    }

    /** The next bucket to be written, from the given one on. */
    private int next(int from) {
        int i = from;
        if (i < counts.length && counts[i] <= 0) {
            while (i + 1 < counts.length && counts[i + 1] <= 0) {
                i++;
            }
        }
        return i;
    }
}
