// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.idx.internal;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import org.hookline.api.data.Split;

/**
 * Some of the images of a file. Pixels stay bytes; a table of 256 values turns them into normalised floats when a
 * sample is read. This is what the thread that prepares batches spends its time on.
 */
final class IdxSplit implements Split {
    private final IdxFile images;
    private final byte[] labels;
    private final int[] samples;
    private final float[] values;
    private final Augmentation augmentation;
    private final int height;
    private final int width;

    /**
     * Makes a split.
     *
     * @param images of shape (samples, height, width)
     * @param labels the class of each image
     * @param samples the images that belong to it
     * @param values the float of each pixel value
     * @param augmentation what to vary
     */
    IdxSplit(IdxFile images, byte[] labels, int[] samples, float[] values, Augmentation augmentation) {
        this.images = images;
        this.labels = labels;
        this.samples = samples;
        this.values = values;
        this.augmentation = augmentation;
        this.height = images.shape()[1];
        this.width = images.shape()[2];
    }

    @Override
    public int size() {
        return samples.length;
    }

    @Override
    public void readFeatures(int index, FloatBuffer out, long random) {
        int pixels = height * width;
        int from = samples[index] * pixels;
        if (random == 0 || augmentation.isNone()) {
            byte[] bytes = images.values();
            // Absolute puts: measured faster than an array in between and a bulk put, and without garbage.
            int at = out.position();
            for (int i = 0; i < pixels; i++) {
                out.put(at + i, values[bytes[from + i] & 0xff]);
            }
        } else {
            readAugmented(from, out, random);
        }
        out.position(out.position() + pixels);
    }

    private void readAugmented(int from, FloatBuffer out, long random) {
        byte[] bytes = images.values();
        boolean flip = augmentation.flips(random);
        int dx = augmentation.shiftX(random);
        int dy = augmentation.shiftY(random);
        int at = out.position();
        for (int y = 0; y < height; y++) {
            int sourceY = y - dy;
            for (int x = 0; x < width; x++) {
                int sourceX = x - dx;
                boolean inside = sourceY >= 0 && sourceY < height && sourceX >= 0 && sourceX < width;
                int column = flip ? width - 1 - sourceX : sourceX;
                out.put(at + y * width + x, values[inside ? bytes[from + sourceY * width + column] & 0xff : 0]);
            }
        }
    }

    @Override
    public void readClass(int index, LongBuffer out) {
        out.put(labels[samples[index]] & 0xff);
    }
}
