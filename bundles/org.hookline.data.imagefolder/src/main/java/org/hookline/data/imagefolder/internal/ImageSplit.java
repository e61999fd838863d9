// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.imagefolder.internal;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import org.hookline.api.data.Split;

/**
 * Some of the pictures. They are bytes; a table for each channel turns them into normalised floats when one is read.
 */
final class ImageSplit implements Split {
    private final int[] labels;
    private final IntFunction<byte[]> pictures;
    private final Decoder kept;
    private final int height;
    private final int width;
    private final float[][] values;
    private final Augmentation augmentation;
    private final boolean training;

    /**
     * Makes a split.
     *
     * @param labels the class of each picture
     * @param pictures the bytes of each picture
     * @param kept their size
     * @param height of a sample
     * @param width of a sample
     * @param values the float of each byte, by channel
     * @param augmentation what is varied
     * @param training whether it is varied
     */
    ImageSplit(int[] labels, IntFunction<byte[]> pictures, Decoder kept, int height, int width, float[][] values,
            Augmentation augmentation, boolean training) {
        this.labels = labels;
        this.pictures = pictures;
        this.kept = kept;
        this.height = height;
        this.width = width;
        this.values = values;
        this.augmentation = augmentation;
        this.training = training;
    }

    @Override
    public int size() {
        return labels.length;
    }

    @Override
    public void readFeatures(int index, FloatBuffer out, long random) {
        byte[] bytes = pictures.apply(index);
        int restY = kept.height() - height;
        int restX = kept.width() - width;
        int top = restY / 2;
        int left = restX / 2;
        boolean mirrored = false;
        if (training && random != 0) {
            SplittableRandom choice = new SplittableRandom(random);
            mirrored = choice.nextBoolean() && augmentation.flip();
            if (augmentation.crop()) {
                top = choice.nextInt(restY + 1);
                left = choice.nextInt(restX + 1);
            }
        }
        int at = out.position();
        for (int c = 0; c < values.length; c++) {
            float[] table = values[c];
            for (int y = 0; y < height; y++) {
                int row = (c * kept.height() + top + y) * kept.width() + left;
                for (int x = 0; x < width; x++) {
                    out.put(at++, table[bytes[row + (mirrored ? width - 1 - x : x)] & 0xff]);
                }
            }
        }
        out.position(at);
    }

    @Override
    public void readClass(int index, LongBuffer out) {
        out.put(labels[index]);
    }
}
