// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

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

    /** What of the arrays is in a core's first cache. */
    private static final int WINDOWS_AT_ONCE = 512;

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
        boolean pairs = windowHeight == 2 && windowWidth == 2 && strideY == 2 && strideX == 2 && paddingY == 0
                && paddingX == 0 && width % 2 == 0;
        return pairs ? new Pairs().search(images, count, indexes) : searchWindows(images, count, indexes);
    }

    private boolean searchWindows(long images, long count, long indexes) {
        int[] image = new int[height * width];
        long[] found = new long[outputHeight() * outputWidth()];
        for (long i = 0; i < count; i++) {
            MemorySegment.copy(Call.MEMORY, JAVA_INT, images + 4 * i * image.length, image, 0, image.length);
            if (!order(image, image.length)) {
                return false;
            }
            searchWindows(image, found);
            MemorySegment.copy(found, 0, Call.MEMORY, JAVA_LONG, indexes + 8 * i * found.length, found.length);
        }
        return true;
    }

    /**
     * Windows of 2x2 that lie side by side, those of some images at once. Each loop is so short, and takes all its
     * numbers from the same place in its arrays, that the compiler makes vector instructions of it.
     */
    private final class Pairs {
        private final int windows = outputHeight() * outputWidth();
        private final int imagesAtOnce = Math.max(1, WINDOWS_AT_ONCE / windows);
        private final int[] upper = new int[2 * imagesAtOnce * windows];
        private final int[] lower = new int[upper.length];
        /** Two neighbours in one element. */
        private final long[] neighbours = new long[upper.length / 2];
        private final long[] ofUpper = new long[neighbours.length];
        private final long[] ofLower = new long[neighbours.length];
        private final long[] isRightInUpper = new long[neighbours.length];
        private final long[] isRightInLower = new long[neighbours.length];
        private final long[] found = new long[neighbours.length];
        /** The upper left pixel of each window. */
        private final long[] starts = new long[neighbours.length];

        Pairs() {
            Arrays.setAll(starts, i -> i % windows / outputWidth() * 2L * width + i % outputWidth() * 2L);
        }

        boolean search(long images, long count, long indexes) {
            for (long i = 0; i < count; i += imagesAtOnce) {
                int some = (int) Math.min(imagesAtOnce, count - i);
                for (int image = 0; image < some; image++) {
                    split(images + 4 * (i + image) * height * width, 2 * image * windows);
                }
                int pixels = 2 * some * windows;
                if (!order(upper, pixels) || !order(lower, pixels)) {
                    return false;
                }
                compare(upper, neighbours, ofUpper, isRightInUpper);
                compare(lower, neighbours, ofLower, isRightInLower);
                choose(ofUpper, isRightInUpper, ofLower, isRightInLower, starts, width, found);
                MemorySegment.copy(found, 0, Call.MEMORY, JAVA_LONG, indexes + 8 * i * windows, some * windows);
            }
            return true;
        }

        private void split(long image, int to) {
            for (int y = 0; y < outputHeight(); y++) {
                long row = image + 8L * y * width;
                MemorySegment.copy(Call.MEMORY, JAVA_INT, row, upper, to + y * width, width);
                MemorySegment.copy(Call.MEMORY, JAVA_INT, row + 4L * width, lower, to + y * width, width);
            }
        }

        /** The larger of two neighbours, and all ones where that is the right one. */
        private static void compare(int[] numbers, long[] neighbours, long[] larger, long[] isRight) {
            MemorySegment.copy(MemorySegment.ofArray(numbers), 0, MemorySegment.ofArray(neighbours), 0,
                    4L * numbers.length);
            for (int i = 0; i < neighbours.length; i++) {
                long left = neighbours[i] << 32 >> 32;
                long right = neighbours[i] >> 32;
                long is = left - right >> 63;
                isRight[i] = is;
                larger[i] = left + (right - left & is);
            }
        }

        private static void choose(long[] ofUpper, long[] isRightInUpper, long[] ofLower, long[] isRightInLower,
                long[] starts, long width, long[] found) {
            for (int i = 0; i < found.length; i++) {
                long below = ofUpper[i] - ofLower[i] >> 63;
                found[i] = starts[i] + ((-isRightInUpper[i] & ~below) | (width - isRightInLower[i] & below));
            }
        }
    }

    /** Makes of the bits of each of the first numbers an integer in the same order. */
    private static boolean order(int[] image, int numbers) {
        int beyond = 0;
        for (int i = 0; i < numbers; i++) {
            int magnitude = image[i] & MAGNITUDE;
            int sign = image[i] >> 31;
            // Negative for a NaN.
            beyond |= INFINITY - magnitude;
            image[i] = (magnitude ^ sign) - sign;
        }
        return beyond >= 0;
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
