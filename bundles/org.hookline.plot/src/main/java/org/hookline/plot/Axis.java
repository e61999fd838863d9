// SPDX-License-Identifier: Apache-2.0
package org.hookline.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What an axis shows.
 *
 * @param min lowest value
 * @param max highest value
 * @param logarithmic whether each factor takes the same room
 */
record Axis(double min, double max, boolean logarithmic) {
    private static final int[] ROUND = {1, 2, 5};

    /** Powers of ten alone would be two or three numbers there. */
    private static final int FEW_DECADES = 3;

    /** {@return where a value lies, from 0 to 1; in the middle where there is one value only} */
    double place(double value) {
        double length = scaled(max) - scaled(min);
        return length > 0 ? (scaled(value) - scaled(min)) / length : 0.5;
    }

    private double scaled(double value) {
        return logarithmic ? Math.log10(value) : value;
    }

    /**
     * Chooses round values to write beside the axis.
     *
     * @param wanted about how many
     * @return rising, inside the axis
     */
    List<Double> ticks(int wanted) {
        List<Double> ticks = new ArrayList<>();
        if (max <= min) {
            ticks.add(min);
        } else if (logarithmic && Math.log10(max / min) >= 2 && Math.log10(max / min) < FEW_DECADES) {
            for (int e = (int) Math.floor(Math.log10(min)); Math.pow(10, e) <= max; e++) {
                for (int factor : ROUND) {
                    double tick = factor * Math.pow(10, e);
                    if (tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9)) {
                        ticks.add(tick);
                    }
                }
            }
        } else if (logarithmic && Math.log10(max / min) >= 2) {
            int step = (int) Math.max(1, Math.ceil(Math.log10(max / min) / wanted));
            for (int e = (int) Math.ceil(Math.log10(min) - 1e-9); Math.pow(10, e) <= max * (1 + 1e-9); e += step) {
                ticks.add(Math.pow(10, e));
            }
        } else {
            double step = roundUp((max - min) / Math.max(1, wanted));
            for (long i = (long) Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++) {
                ticks.add(i * step);
            }
        }
        return ticks;
    }

    /** {@return 1, 2 or 5 times a power of ten, at least as large} */
    private static double roundUp(double value) {
        double power = Math.pow(10, Math.floor(Math.log10(value)));
        for (int factor : ROUND) {
            if (factor * power >= value * (1 - 1e-9)) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    /** {@return a number with up to four digits, without zeros that say nothing: 0.001, 12500, 2.5e-7} */
    static String show(double value) {
        if (value == 0) {
            return "0";
        }
        double size = Math.abs(value);
        if (size >= 1e6 || size < 1e-3) {
            String text = String.format(Locale.ROOT, "%.3e", value);
            int e = text.indexOf('e');
            return stripped(text.substring(0, e)) + "e" + Integer.parseInt(text.substring(e + 1));
        }
        return stripped(String.format(Locale.ROOT, "%." + Math.max(0, 3 - (int) Math.floor(Math.log10(size))) + "f",
                value));
    }

    private static String stripped(String number) {
        return number.indexOf('.') < 0 ? number : number.replaceAll("\\.?0+$", "");
    }
}
