// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.log;

import java.util.Locale;

/** A time that something took, or takes, for people to read. */
public final class Elapsed {
    private Elapsed() {}

    /**
     * Shows a time in the units that suit it.
     *
     * @param seconds at least 0
     * @return for example {@code 0.50 s}, {@code 12.3 s}, {@code 2 min 05 s} or {@code 1 h 02 min}
     */
    public static String show(double seconds) {
        if (seconds < 59.95) {
            return String.format(Locale.ROOT, seconds < 9.995 ? "%.2f s" : "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        return whole < 3600 ? String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole / 60 % 60);
    }
}
