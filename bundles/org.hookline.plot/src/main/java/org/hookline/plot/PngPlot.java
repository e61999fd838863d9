// SPDX-License-Identifier: Apache-2.0
package org.hookline.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Draws curves as a PNG file. Needs no screen; without fonts on the machine, the picture has no text. */
public final class PngPlot {
    private static final Color[] COLORS = {new Color(0x1f5fa8), new Color(0xb8461b), new Color(0x2d7a3a),
        new Color(0x7a3f96), new Color(0x555555)};
    private static final Color GRID = new Color(0xdddddd);
    private static final Color FRAME = new Color(0x666666);
    private static final int LEFT = 84;
    private static final int RIGHT = 24;
    private static final int TOP = 44;
    private static final int BOTTOM = 52;

    private PngPlot() {}

    /**
     * Draws.
     *
     * @param plot what
     * @param width in pixels, at least 200
     * @param height in pixels, at least 150
     * @return the bytes of a PNG file
     */
    public static byte[] png(Plot plot, int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        try {
            g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            g.setColor(Color.WHITE);
            g.fillRect(0, 0, width, height);
            new Sheet(plot, g, width, height).draw();
        } finally {
            g.dispose();
        }
        return encode(image);
    }

    private static byte[] encode(BufferedImage image) {
        // Not ImageIO.write, which would cache in a temporary file.
        Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName("png");
        ImageWriter writer = writers.next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(image);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    /** A plot on its way to the picture. */
    private static final class Sheet {
        private final Plot plot;
        private final Graphics2D g;
        private final int width;
        private final int height;
        private final Axis horizontal;
        private final Axis vertical;
        private boolean fonts = true;

        Sheet(Plot plot, Graphics2D g, int width, int height) {
            this.plot = plot;
            this.g = g;
            this.width = width;
            this.height = height;
            horizontal = plot.horizontal();
            vertical = plot.vertical();
        }

        private double x(double value) {
            return LEFT + horizontal.place(value) * (width - LEFT - RIGHT);
        }

        private double y(double value) {
            return height - BOTTOM - vertical.place(value) * (height - TOP - BOTTOM);
        }

        void draw() {
            g.setStroke(new BasicStroke(1));
            for (double tick : horizontal.ticks(8)) {
                g.setColor(GRID);
                g.draw(new Line2D.Double(x(tick), TOP, x(tick), height - BOTTOM));
                text(Axis.show(tick), x(tick), height - BOTTOM + 18, 0.5, 12);
            }
            for (double tick : vertical.ticks(6)) {
                g.setColor(GRID);
                g.draw(new Line2D.Double(LEFT, y(tick), width - RIGHT, y(tick)));
                text(Axis.show(tick), LEFT - 8, y(tick) + 4, 1, 12);
            }
            g.setColor(FRAME);
            g.drawRect(LEFT, TOP, width - LEFT - RIGHT, height - TOP - BOTTOM);
            plot.mark().ifPresent(mark -> {
                g.setColor(FRAME);
                g.setStroke(new BasicStroke(1, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, new float[] {5, 4},
                        0));
                g.draw(new Line2D.Double(x(mark), TOP, x(mark), height - BOTTOM));
            });
            g.setStroke(new BasicStroke(2, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
            for (int i = 0; i < plot.curves().size(); i++) {
                g.setColor(COLORS[i % COLORS.length]);
                g.draw(path(plot.curves().get(i)));
                if (plot.curves().size() > 1) {
                    // In the upper corner that the curves leave free.
                    text(plot.curves().get(i).name(), rises() ? LEFT + 8 : width - RIGHT - 8, TOP + 18 + 16 * i,
                            rises() ? 0 : 1, 12);
                }
            }
            g.setColor(Color.BLACK);
            text(plot.title(), LEFT, TOP - 16, 0, 15);
            text(plot.xLabel(), (LEFT + width - RIGHT) / 2.0, height - 12, 0.5, 12);
        }

        private boolean rises() {
            return plot.curves().stream().allMatch(c -> c.y()[c.y().length - 1] > c.y()[0]);
        }

        private Path2D path(Plot.Curve curve) {
            Path2D path = new Path2D.Double();
            boolean open = false;
            for (int i = 0; i < curve.x().length; i++) {
                if (!curve.shown(i)) {
                    open = false;
                } else if (open) {
                    path.lineTo(x(curve.x()[i]), y(curve.y()[i]));
                } else {
                    path.moveTo(x(curve.x()[i]), y(curve.y()[i]));
                    path.lineTo(x(curve.x()[i]), y(curve.y()[i]));
                    open = true;
                }
            }
            return path;
        }

        /** Of the text's width, the share that lies left of x. */
        private void text(String text, double x, double y, double left, int size) {
            if (!fonts) {
                return;
            }
            Color before = g.getColor();
            try {
                g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, size));
                if (before.equals(GRID)) {
                    g.setColor(FRAME);
                }
                g.drawString(text, (float) (x - left * g.getFontMetrics().stringWidth(text)), (float) y);
            } catch (RuntimeException | LinkageError | InternalError e) {
                // A slim container has neither fonts nor fontconfig: how Java says that differs from version to
                // version.
                fonts = false;
            } finally {
                g.setColor(before);
            }
        }
    }
}
