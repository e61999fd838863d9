// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.commonmetriclogger.internal;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** Numbers as a person reads them. Pure. */
final class Numbers {
    private static final MathContext THREE_DIGITS = new MathContext(3, RoundingMode.HALF_EVEN);

    private Numbers() {}

    /**
     * Shows a loss or a score.
     *
     * @param value the value
     * @return with four decimals, or in scientific form where that would say nothing
     */
    static String value(double value) {
        double size = Math.abs(value);
        if (Double.isFinite(value) && size != 0 && (size < 0.001 || size >= 1e6)) {
            return String.format(Locale.ROOT, "%.3e", value);
        }
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.4f", value)
                : Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    }

    /**
     * Shows a learning rate.
     *
     * @param value the value
     * @return at most three digits that count, without zeros at the end, for example {@code 0.001} or {@code 2.5e-05}
     */
    static String rate(double value) {
        if (!Double.isFinite(value) || value == 0) {
            return Double.isFinite(value) ? "0" : value(value);
        }
        BigDecimal rounded = new BigDecimal(value).round(THREE_DIGITS).stripTrailingZeros();
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= -4 && exponent < 4) {
            return rounded.toPlainString();
        }
        String mantissa = rounded.movePointLeft(exponent).stripTrailingZeros().toPlainString();
        return String.format(Locale.ROOT, "%se%s%02d", mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
    }

    /**
     * Shows how many in a second.
     *
     * @param value the value
     * @return for example {@code 10,312}, {@code 56.7} or {@code 1.25}
     */
    static String perSecond(double value) {
        return String.format(Locale.ROOT, value >= 100 ? "%,.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    }

    /**
     * Shows a time that is left.
     *
     * @param seconds the time
     * @return for example {@code 0:07}, {@code 12:34}, {@code 1:02:03} or {@code 2d 03:04}; {@code -:--} where unknown
     */
    static String clock(double seconds) {
        if (!Double.isFinite(seconds) || seconds < 0) {
            return "-:--";
        }
        long s = Math.round(seconds);
        if (s < 3600) {
            return String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60);
        }
        return s < 86_400 ? String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60)
                : String.format(Locale.ROOT, "%dd %02d:%02d", s / 86_400, s / 3600 % 24, s / 60 % 60);
    }

    /**
     * Shows a time that something took.
     *
     * @param seconds the time
     * @return for example {@code 0.35 s}, {@code 12.3 s} or as {@link #clock}
     */
    static String took(double seconds) {
        return seconds < 59.95 ? String.format(Locale.ROOT, seconds < 9.995 ? "%.2f s" : "%.1f s", seconds)
                : clock(seconds);
    }

    /**
     * Shows a number of a known whole, so that lines below one another line up.
     *
     * @param part the number
     * @param whole the whole
     * @return for example {@code " 3/20"}
     */
    static String of(long part, long whole) {
        String w = String.format(Locale.ROOT, "%,d", whole);
        String p = String.format(Locale.ROOT, "%,d", part);
        return " ".repeat(Math.max(0, w.length() - p.length())) + p + "/" + w;
    }
}
