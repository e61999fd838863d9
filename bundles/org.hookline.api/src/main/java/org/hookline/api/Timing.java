// SPDX-License-Identifier: Apache-2.0
package org.hookline.api;

/**
 * The time that calls took.
 *
 * @param count number of calls
 * @param totalNanos their time together, in nanoseconds
 * @param maxNanos the longest, in nanoseconds
 */
public record Timing(long count, long totalNanos, long maxNanos) {
    /** {@return the mean, in nanoseconds; 0 without calls} */
    public double meanNanos() {
        return count == 0 ? 0 : (double) totalNanos / count;
    }
}
