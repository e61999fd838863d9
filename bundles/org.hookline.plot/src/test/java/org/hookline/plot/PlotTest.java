// SPDX-License-Identifier: Apache-2.0
package org.hookline.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class PlotTest {
    private static Plot plot(boolean logarithmic, double[] x, double[] y) {
        return new Plot("learning rate", "step", logarithmic, List.of(new Plot.Curve("lr", x, y)),
                OptionalDouble.empty());
    }

    private static Plot line() {
        return plot(false, new double[] {0, 100}, new double[] {0, 1});
    }

    @Test
    void aStraightLineGoesFromCornerToCorner() {
        assertThat(TextPlot.lines(line(), 26, 5, false)).containsExactly(
                "learning rate",
                "  1 +                  ***",
                "    |             *****",
                "0.5 +        *****",
                "    |   *****",
                "  0 +***",
                "    +---------------------",
                "     0        50       100  step");
    }

    @Test
    void inBrailleACellHasEightDots() {
        List<String> lines = TextPlot.lines(line(), 26, 5, true);
        assertThat(lines.get(5)).startsWith("  0 ┤⣀");
        assertThat(lines.get(1)).endsWith("⠉");
        assertThat(lines.get(6)).endsWith("└" + "─".repeat(21));
    }

    @Test
    void aPeakBetweenTwoColumnsIsNotLost() {
        double[] x = IntStream.range(0, 10_000).asDoubleStream().toArray();
        double[] y = new double[10_000];
        y[5003] = 1;
        assertThat(TextPlot.lines(plot(false, x, y), 60, 10, false).get(1)).contains("*");
    }

    @Test
    void onALogarithmicAxisEachFactorTakesTheSameRoom() {
        Axis axis = new Axis(1e-7, 10, true);
        assertThat(axis.place(1e-3)).isEqualTo(0.5);
        assertThat(axis.ticks(8)).hasSize(9).startsWith(1e-7).endsWith(10.0);
    }

    @Test
    void aLogarithmicAxisOfFewDecadesHasNumbersBetweenThem() {
        assertThat(new Axis(0.3, 50, true).ticks(6)).extracting(Axis::show)
                .containsExactly("0.5", "1", "2", "5", "10", "20", "50");
    }

    @Test
    void theVerticalAxisCanBeLogarithmicToo() {
        Plot plot = new Plot("t", "x", true, true, List.of(new Plot.Curve("a", new double[] {1, 10, 100},
                new double[] {1, 10, 100})), OptionalDouble.empty());
        assertThat(plot.vertical().place(10)).isEqualTo(0.5);
        assertThatThrownBy(() -> new Plot("t", "x", false, true, List.of(new Plot.Curve("a", new double[] {1},
                new double[] {0})), OptionalDouble.empty())).hasMessage("y is 0.0, expected above 0");
    }

    @Test
    void numbersBesideAnAxisAreRound() {
        assertThat(new Axis(0, 0.0021, false).ticks(5)).extracting(Axis::show)
                .containsExactly("0", "5e-4", "0.001", "0.0015", "0.002");
        assertThat(new Axis(3, 3, false).ticks(5)).containsExactly(3.0);
        assertThat(List.of(Axis.show(12500), Axis.show(2.5e-7), Axis.show(-0.5), Axis.show(3e6), Axis.show(100)))
                .containsExactly("12500", "2.5e-7", "-0.5", "3e6", "100");
    }

    @Test
    void valuesThatAreNotFiniteAreGaps() {
        List<String> lines = TextPlot.lines(plot(false, new double[] {0, 1, 2, 3}, new double[] {0, Double.NaN, 1, 1}),
                26, 3, false);
        assertThat(lines.get(3)).isEqualTo("  0 +*");
        assertThatThrownBy(() -> plot(false, new double[] {1}, new double[] {Double.NaN}))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("there is no point to draw");
        assertThatThrownBy(() -> plot(true, new double[] {0}, new double[] {1})).hasMessageContaining("above 0");
    }

    @Test
    void thePictureHasTheCurveInItsPlace() throws IOException {
        byte[] png = PngPlot.png(line(), 640, 400);
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
        assertThat(image.getWidth()).isEqualTo(640);
        assertThat(image.getHeight()).isEqualTo(400);
        // In the middle there is the curve, far from it only white and the pale grid.
        Color middle = new Color(image.getRGB(84 + (640 - 84 - 24) / 2, 44 + (400 - 44 - 52) / 2));
        assertThat(middle.getBlue() - middle.getRed()).isGreaterThan(80);
        Color corner = new Color(image.getRGB(84 + 10, 44 + 10));
        assertThat(corner).isEqualTo(Color.WHITE);
        assertThat(new Color(image.getRGB(2, 2))).isEqualTo(Color.WHITE);
    }

    @Test
    void severalCurvesAreToldApart() {
        Plot two = new Plot("t", "x", false, List.of(new Plot.Curve("a", new double[] {0, 1}, new double[] {0, 0}),
                new Plot.Curve("b", new double[] {0, 1}, new double[] {1, 1})), OptionalDouble.of(0.5));
        List<String> lines = TextPlot.lines(two, 30, 4, false);
        assertThat(lines.getFirst()).isEqualTo("t   * a  o b");
        assertThat(lines.get(1)).contains("oooo");
        assertThat(lines.get(4)).contains("****");
        assertThat(PngPlot.png(two, 300, 200)).isNotEqualTo(PngPlot.png(line(), 300, 200));
    }
}
