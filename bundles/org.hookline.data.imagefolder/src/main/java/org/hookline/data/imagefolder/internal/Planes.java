// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.imagefolder.internal;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * A picture as planes of values from 0 to 255, one for each channel, rows from the top.
 *
 * @param width in pixels
 * @param height in pixels
 * @param planes one for grey, three for red, green and blue
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Planes(int width, int height, float[][] planes) {

    /**
     * Takes the pixels of a decoded picture; what is transparent is laid on white.
     *
     * @param image any picture
     * @param grey whether for one plane (ITU-R BT.601 luma); otherwise three
     */
    static Planes of(BufferedImage image, boolean grey) {
        ColorModel model = image.getColorModel();
        boolean greyFile = image.getRaster().getNumBands() <= 2 && !(model instanceof IndexColorModel);
        float[][] planes = greyFile ? new float[][] {greyOf(image)} : coloursOf(image, model.hasAlpha());
        if (grey && planes.length == 3) {
            float[] luma = planes[0];
            for (int i = 0; i < luma.length; i++) {
                luma[i] = 0.299f * planes[0][i] + 0.587f * planes[1][i] + 0.114f * planes[2][i];
            }
            planes = new float[][] {luma};
        } else if (!grey && planes.length == 1) {
            planes = new float[][] {planes[0], planes[0], planes[0]};
        }
        return new Planes(image.getWidth(), image.getHeight(), planes);
    }

    /** The samples themselves: getRGB takes grey files for linear light and makes them brighter. */
    private static float[] greyOf(BufferedImage image) {
        Raster raster = image.getRaster();
        int width = image.getWidth();
        int height = image.getHeight();
        boolean alpha = raster.getNumBands() == 2;
        float scale = 255f / ((1 << raster.getSampleModel().getSampleSize(0)) - 1);
        float alphaScale = alpha ? 1f / ((1 << raster.getSampleModel().getSampleSize(1)) - 1) : 0;
        float[] plane = new float[width * height];
        float[] row = new float[width];
        float[] cover = new float[width];
        for (int y = 0; y < height; y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
            if (alpha) {
                raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 1, cover);
            }
            for (int x = 0; x < width; x++) {
                float value = row[x] * scale;
                plane[y * width + x] = alpha ? 255 + (value - 255) * cover[x] * alphaScale : value;
            }
        }
        return plane;
    }

    private static float[][] coloursOf(BufferedImage image, boolean alpha) {
        int width = image.getWidth();
        int height = image.getHeight();
        float[][] planes = new float[3][width * height];
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int x = 0; x < width; x++) {
                float cover = alpha ? (row[x] >>> 24) / 255f : 1;
                for (int c = 0; c < 3; c++) {
                    int value = (row[x] >> (16 - 8 * c)) & 0xff;
                    planes[c][y * width + x] = 255 + (value - 255) * cover;
                }
            }
        }
        return planes;
    }

    /**
     * Scales to a size with a triangle filter as wide as the reduction, so that nothing is skipped and fine patterns do
     * not alias.
     *
     * @param outHeight in pixels
     * @param outWidth in pixels
     * @param crop whether the largest middle part of the wanted proportions is taken; otherwise all is stretched
     * @return bytes, plane after plane
     */
    @SuppressWarnings("ReferenceEquality") // of a gray picture all planes are one
    byte[] scaled(int outHeight, int outWidth, boolean crop) {
        double partWidth = width;
        double partHeight = height;
        if (crop) {
            double scale = Math.max((double) outWidth / width, (double) outHeight / height);
            partWidth = outWidth / scale;
            partHeight = outHeight / scale;
        }
        Filter horizontal = Filter.of((width - partWidth) / 2, partWidth, width, outWidth);
        Filter vertical = Filter.of((height - partHeight) / 2, partHeight, height, outHeight);
        byte[] result = new byte[planes.length * outHeight * outWidth];
        for (int c = 0; c < planes.length; c++) {
            if (c > 0 && planes[c] == planes[0]) {
                System.arraycopy(result, 0, result, c * outHeight * outWidth, outHeight * outWidth);
                continue;
            }
            float[] narrow = new float[height * outWidth];
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < outWidth; x++) {
                    narrow[y * outWidth + x] = horizontal.apply(planes[c], y * width, 1, x);
                }
            }
            for (int y = 0; y < outHeight; y++) {
                for (int x = 0; x < outWidth; x++) {
                    float value = vertical.apply(narrow, x, outWidth, y);
                    result[(c * outHeight + y) * outWidth + x] = (byte) Math.clamp(Math.round(value), 0, 255);
                }
            }
        }
        return result;
    }

    /** The weights of the input values for each output value along one axis. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Filter(int[] first, float[][] weights) {

        static Filter of(double from, double length, int in, int out) {
            double scale = length / out;
            double reach = Math.max(scale, 1);
            int[] first = new int[out];
            float[][] weights = new float[out][];
            for (int i = 0; i < out; i++) {
                double centre = from + (i + 0.5) * scale;
                int low = Math.max(0, (int) Math.floor(centre - reach));
                int high = Math.min(in, (int) Math.ceil(centre + reach));
                float[] w = new float[high - low];
                double sum = 0;
                for (int j = low; j < high; j++) {
                    w[j - low] = (float) Math.max(0, 1 - Math.abs((j + 0.5 - centre) / reach));
                    sum += w[j - low];
                }
                for (int j = 0; j < w.length; j++) {
                    w[j] /= (float) sum;
                }
                first[i] = low;
                weights[i] = w;
            }
            return new Filter(first, weights);
        }

        float apply(float[] values, int start, int step, int i) {
            float sum = 0;
            float[] w = weights[i];
            int at = start + first[i] * step;
            for (float weight : w) {
                sum += weight * values[at];
                at += step;
            }
            return sum;
        }
    }
}
