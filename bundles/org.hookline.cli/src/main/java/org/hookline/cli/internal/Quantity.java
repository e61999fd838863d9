// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import java.util.Locale;

/** Numbers for people. */
final class Quantity {
    private Quantity() {}

    /**
     * Shows a count.
     *
     * @param count the count
     * @param one the name of one
     * @return for example {@code 1 epoch} or {@code 12,000 iterations}
     */
    static String count(long count, String one) {
        return String.format(Locale.ROOT, "%,d %s", count, count == 1 ? one : one + "s");
    }

    /**
     * Shows a score.
     *
     * @param value the score
     * @return with four decimals, or in scientific form where that would say nothing
     */
    static String score(double value) {
        double size = Math.abs(value);
        return size != 0 && (size < 0.001 || size >= 1e6) ? String.format(Locale.ROOT, "%.3e", value)
                : String.format(Locale.ROOT, "%.4f", value);
    }

    /**
     * Shows a rate.
     *
     * @param rate for one second
     * @return three digits and more, for example {@code 9,500} or {@code 12.3}
     */
    static String rate(double rate) {
        return String.format(Locale.ROOT, rate >= 100 ? "%,.0f" : "%.1f", rate);
    }
}
