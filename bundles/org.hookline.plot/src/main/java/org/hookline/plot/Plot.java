// SPDX-License-Identifier: Apache-2.0
package org.hookline.plot;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/**
 * Curves over one axis. Immutable, for any thread.
 *
 * @param title over the curves
 * @param xLabel what the horizontal axis is
 * @param logarithmic whether the horizontal axis is; then all x must be above 0
 * @param logarithmicY whether the vertical axis is; then all y must be above 0
 * @param curves at least one with a finite point
 * @param mark a vertical line; empty for none
 */
public record Plot(String title, String xLabel, boolean logarithmic, boolean logarithmicY, List<Curve> curves,
        OptionalDouble mark) {

    /**
     * A curve.
     *
     * @param name what it shows
     * @param x rising
     * @param y of the same length; points that are not finite are left out
     */
    @SuppressWarnings("ArrayRecordComponent") // many points; nobody compares curves
    public record Curve(String name, double[] x, double[] y) {
        /**
         * Checks the lengths.
         *
         * @throws IllegalArgumentException if they differ
         */
        public Curve {
            if (x.length != y.length) {
                throw new IllegalArgumentException("there are " + x.length + " x and " + y.length + " y");
            }
        }

        boolean shown(int i) {
            return Double.isFinite(x[i]) && Double.isFinite(y[i]);
        }
    }

    /**
     * Checks the curves.
     *
     * @throws IllegalArgumentException if there is no point to draw, or one that has no logarithm
     */
    public Plot {
        curves = List.copyOf(curves);
        boolean any = false;
        for (Curve curve : curves) {
            for (int i = 0; i < curve.x().length; i++) {
                any |= curve.shown(i);
                if (logarithmic && !(curve.x()[i] > 0)) {
                    throw new IllegalArgumentException("x is " + curve.x()[i] + ", expected above 0");
                }
                if (logarithmicY && curve.shown(i) && !(curve.y()[i] > 0)) {
                    throw new IllegalArgumentException("y is " + curve.y()[i] + ", expected above 0");
                }
            }
        }
        if (!any) {
            throw new IllegalArgumentException("there is no point to draw");
        }
    }

    /**
     * A plot with a linear vertical axis.
     *
     * @param title over the curves
     * @param xLabel what the horizontal axis is
     * @param logarithmic whether the horizontal axis is
     * @param curves at least one with a finite point
     * @param mark a vertical line; empty for none
     * @throws IllegalArgumentException as above
     */
    public Plot(String title, String xLabel, boolean logarithmic, List<Curve> curves, OptionalDouble mark) {
        this(title, xLabel, logarithmic, false, curves, mark);
    }

    private DoubleStream values(boolean horizontal) {
        return curves.stream().flatMapToDouble(c -> java.util.stream.IntStream.range(0, c.x().length)
                .filter(c::shown).mapToDouble(i -> horizontal ? c.x()[i] : c.y()[i]));
    }

    Axis horizontal() {
        return new Axis(values(true).min().orElseThrow(), values(true).max().orElseThrow(), logarithmic);
    }

    Axis vertical() {
        return new Axis(values(false).min().orElseThrow(), values(false).max().orElseThrow(), logarithmicY);
    }
}
