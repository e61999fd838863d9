// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is searched here and not left to libtorch; {@code TorchTest} compares the maxima with libtorch's. */
class MaxPoolTest {
    @ParameterizedTest
    @CsvSource({
        // All images at once, some and then fewer, one after another, with a last row that no window has.
        "3, 10, 10", "6, 16, 32", "7, 28, 28", "2, 64, 66", "5, 21, 22"
    })
    void everyNumberIsComparedOnce(int count, int height, int width) {
        MaxPool pool = new MaxPool(height, width, 2, 2, 2, 2, 0, 0);
        int windows = height / 2 * (width / 2);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment images = arena.allocate(JAVA_FLOAT, (long) count * height * width);
            MemorySegment indexes = arena.allocate(JAVA_LONG, (long) count * windows);
            Random random = new Random(3);
            for (long i = 0; i < (long) count * height * width; i++) {
                images.setAtIndex(JAVA_FLOAT, i, (float) random.nextGaussian() - 1);
            }
            assertThat(pool.search(images.address(), count, indexes.address())).isTrue();
            for (int i = 0; i < count * windows; i++) {
                long first = (long) i / windows * height * width;
                int upperLeft = i % windows / (width / 2) * 2 * width + i % windows % (width / 2) * 2;
                int best = upperLeft;
                for (int other : new int[] {upperLeft + 1, upperLeft + width, upperLeft + width + 1}) {
                    if (images.getAtIndex(JAVA_FLOAT, first + other) > images.getAtIndex(JAVA_FLOAT, first + best)) {
                        best = other;
                    }
                }
                assertThat(indexes.getAtIndex(JAVA_LONG, i)).as("window %d", i).isEqualTo(best);
            }
        }
    }
}
