// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * Where the maxima of windows of images are. libtorch's own search branches on each comparison, which the processor
 * guesses wrong half the time; here nothing depends on a branch.
 *
 * <p>Numbers are compared as integers that are in the same order, with one zero; of equal numbers the first counts, as
 * in libtorch. Images with a NaN are left to another search.
 *
 * @param height of an image, in pixels
 * @param width of an image, in pixels
 * @param windowHeight pixels
 * @param windowWidth pixels
 * @param strideY pixels between windows
 * @param strideX pixels between windows
 * @param paddingY pixels before the first row that count as lower than all others; at most half the window
 * @param paddingX the same before the first column
 */
record MaxPool(int height, int width, int windowHeight, int windowWidth, int strideY, int strideX, int paddingY,
        int paddingX) {
    /** An image of more pixels is none that is pooled for its own sake. */
    private static final long MOST = 1 << 24;

    private static final int MAGNITUDE = 0x7fffffff;
    private static final int INFINITY = 0x7f800000;

    /** {@return whether the sizes are such that {@link #search} can be called} */
    boolean isPossible() {
        return height > 0 && width > 0 && (long) height * width <= MOST
                && windowHeight > 0 && windowWidth > 0 && strideY > 0 && strideX > 0
                && 0 <= paddingY && 2 * paddingY <= windowHeight && 0 <= paddingX && 2 * paddingX <= windowWidth
                && height + 2 * paddingY >= windowHeight && width + 2 * paddingX >= windowWidth;
    }

    int outputHeight() {
        return (height + 2 * paddingY - windowHeight) / strideY + 1;
    }

    int outputWidth() {
        return (width + 2 * paddingX - windowWidth) / strideX + 1;
    }

    /**
     * Searches.
     *
     * @param images address of float32 images, one behind the other
     * @param count of images
     * @param indexes address for int64: of each window the index of its maximum, counted from the image's first pixel
     * @return false where a number is NaN; the indexes are not complete then
     */
    boolean search(long images, long count, long indexes) {
        int pixels = height * width;
        int windows = outputHeight() * outputWidth();
        int[] image = new int[pixels];
        long[] found = new long[windows];
        boolean pairs = windowHeight == 2 && windowWidth == 2 && strideY == 2 && strideX == 2 && paddingY == 0
                && paddingX == 0;
        for (long i = 0; i < count; i++) {
            MemorySegment.copy(Call.MEMORY, JAVA_INT, images + 4 * i * pixels, image, 0, pixels);
            if (!order(image)) {
                return false;
            }
            if (pairs) {
                for (int y = 0; y < outputHeight(); y++) {
                    searchPairs(image, 2 * y * width, width, found, y * outputWidth(), outputWidth());
                }
            } else {
                searchWindows(image, found);
            }
            MemorySegment.copy(found, 0, Call.MEMORY, JAVA_LONG, indexes + 8 * i * windows, windows);
        }
        return true;
    }

    /** Makes of the bits of each number an integer in the same order. */
    private static boolean order(int[] image) {
        int beyond = 0;
        for (int i = 0; i < image.length; i++) {
            int magnitude = image[i] & MAGNITUDE;
            int sign = image[i] >> 31;
            // Negative for a NaN.
            beyond |= INFINITY - magnitude;
            image[i] = (magnitude ^ sign) - sign;
        }
        return beyond >= 0;
    }

    /** A row of windows of 2x2 that lie side by side: their loop is unrolled. */
    private static void searchPairs(int[] image, int start, int width, long[] found, int to, int count) {
        for (int x = 0; x < count; x++) {
            int at = start + 2 * x;
            long a = image[at];
            long b = image[at + 1];
            long c = image[at + width];
            long d = image[at + width + 1];
            // All ones where the second is larger.
            int right = (int) (a - b >> 63);
            int lowerRight = (int) (c - d >> 63);
            int lower = (int) (Math.max(a, b) - Math.max(c, d) >> 63);
            found[to + x] = at + ((-right & ~lower) | (width - lowerRight & lower));
        }
    }

    private void searchWindows(int[] image, long[] found) {
        int to = 0;
        for (int y = 0; y < outputHeight(); y++) {
            int top = y * strideY - paddingY;
            int firstRow = Math.max(0, top);
            int endRow = Math.min(height, top + windowHeight);
            for (int x = 0; x < outputWidth(); x++) {
                int left = x * strideX - paddingX;
                int first = Math.max(0, left);
                int end = Math.min(width, left + windowWidth);
                int best = firstRow * width + first;
                long maximum = image[best];
                for (int row = firstRow; row < endRow; row++) {
                    for (int at = row * width + first; at < row * width + end; at++) {
                        long next = image[at];
                        int larger = (int) (maximum - next >> 63);
                        best += (at - best) & larger;
                        maximum = Math.max(maximum, next);
                    }
                }
                found[to++] = best;
            }
        }
    }
}
