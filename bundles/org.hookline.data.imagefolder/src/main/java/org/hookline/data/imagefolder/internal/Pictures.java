// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.imagefolder.internal;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.hookline.api.UserError;
import org.hookline.api.data.Split;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pictures of one size, channel by channel.
 *
 * @param height in pixels
 * @param width in pixels
 * @param channels 1 or 3
 * @param mean taken from each value in [0, 1]
 * @param std by which it is then divided
 * @param skips whether an unreadable file is left out with a warning
 */
record Pictures(int height, int width, int channels, float mean, float std, boolean skips) {
    private static final Logger LOG = LoggerFactory.getLogger(Pictures.class);

    /** A picture's bytes and its class. */
    record Labelled(byte[] pixels, int label) {}

    Optional<byte[]> read(String owner, Path file) {
        BufferedImage image = null;
        String why = "it is no picture that the JDK can read";
        try {
            image = ImageIO.read(file.toFile());
        } catch (IOException | RuntimeException e) {
            why = String.valueOf(e.getMessage());
        }
        if (image == null) {
            if (skips) {
                LOG.warn("{}: {} is left out: {}", owner, file, why);
                return Optional.empty();
            }
            throw new UserError(owner + ": " + file + " cannot be read: " + why
                    + "; remove it, or set unreadable: skip");
        }
        BufferedImage scaled = new BufferedImage(width, height,
                channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = scaled.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        graphics.drawImage(image, 0, 0, width, height, null);
        graphics.dispose();
        byte[] bytes = new byte[channels * height * width];
        for (int c = 0, i = 0; c < channels; c++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    bytes[i++] = (byte) (channels == 1 ? scaled.getRaster().getSample(x, y, 0)
                            : scaled.getRGB(x, y) >> (16 - 8 * c));
                }
            }
        }
        return Optional.of(bytes);
    }

    Split split(List<Labelled> pictures, boolean flip) {
        float[] values = new float[256];
        for (int v = 0; v < values.length; v++) {
            values[v] = (v / 255f - mean) / std;
        }
        return new Split() {
            @Override
            public int size() {
                return pictures.size();
            }

            @Override
            public void readFeatures(int index, FloatBuffer out, long random) {
                byte[] pixels = pictures.get(index).pixels();
                // Seed 0 means evaluation; the top bit of a seed is as good as any other.
                boolean mirrored = flip && random < 0;
                float[] row = new float[width];
                for (int start = 0; start < pixels.length; start += width) {
                    for (int x = 0; x < width; x++) {
                        row[x] = values[pixels[start + (mirrored ? width - 1 - x : x)] & 0xff];
                    }
                    out.put(row);
                }
            }

            @Override
            public void readClass(int index, LongBuffer out) {
                out.put(pictures.get(index).label());
            }
        };
    }
}
