// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.commonmetriclogger.internal;

/** A progress bar. Pure. */
enum Bar {
    /** Eighths of a column, so that it moves smoothly. */
    UNICODE {
        @Override
        String draw(double share, int columns) {
            int eighths = (int) Math.floor(clip(share) * columns * 8);
            int full = eighths / 8;
            StringBuilder bar = new StringBuilder("█".repeat(full));
            if (full < columns) {
                bar.append(eighths % 8 == 0 ? '░' : PARTS.charAt(eighths % 8 - 1));
                bar.repeat('░', columns - full - 1);
            }
            return bar.toString();
        }
    },
    /** Signs that every terminal has. */
    ASCII {
        @Override
        String draw(double share, int columns) {
            int inside = columns - 2;
            int full = (int) Math.floor(clip(share) * inside);
            return "[" + "#".repeat(full) + "-".repeat(inside - full) + "]";
        }
    },
    /** No bar. */
    NONE {
        @Override
        String draw(double share, int columns) {
            return "";
        }
    };

    private static final String PARTS = "▏▎▍▌▋▊▉";

    /**
     * Draws the bar.
     *
     * @param share of the work that is done, 0 to 1
     * @param columns how wide, at least 3
     * @return the bar, exactly that wide
     */
    abstract String draw(double share, int columns);

    private static double clip(double share) {
        return Double.isNaN(share) ? 0 : Math.clamp(share, 0, 1);
    }
}
