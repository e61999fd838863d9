// SPDX-License-Identifier: Apache-2.0
package org.hookline.data.digits.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hookline.api.UserError;
import org.hookline.api.data.Dataset;
import org.hookline.api.data.Split;
import org.hookline.api.options.Options;
import org.junit.jupiter.api.Test;

class DigitsProviderTest {
    private final DigitsProvider provider = new DigitsProvider();

    private Dataset open(Map<String, ?> options) throws IOException {
        return provider.open(Options.of("data set digits", Path.of("."), provider.options(), options));
    }

    private static float[] features(Split split, int index) {
        FloatBuffer buffer = FloatBuffer.allocate(64);
        split.readFeatures(index, buffer, 17);
        assertThat(buffer.remaining()).isZero();
        return buffer.array();
    }

    private static int label(Split split, int index) {
        LongBuffer buffer = LongBuffer.allocate(1);
        split.readClass(index, buffer);
        assertThat(buffer.remaining()).isZero();
        return (int) buffer.get(0);
    }

    @Test
    void theFileHoldsThePublishedNumberOfEachDigit() throws IOException {
        // UCI's description of the test set.
        int[] counts = new int[10];
        for (int c : Digits.load().classes()) {
            counts[c]++;
        }
        assertThat(counts).containsExactly(178, 182, 177, 183, 181, 182, 181, 179, 174, 180);
    }

    @Test
    void theFirstSampleIsThePublishedZero() throws IOException {
        Digits digits = Digits.load();
        assertThat(digits.classes()[0]).isZero();
        int[] secondRow = {0, 0, 13, 15, 10, 15, 5, 0};
        for (int x = 0; x < 8; x++) {
            assertThat(digits.pixel(0, 8 + x)).isEqualTo(secondRow[x]);
        }
    }

    @Test
    void aFifthOfEachDigitIsTheTestSplit() throws IOException {
        try (Dataset digits = open(Map.of())) {
            assertThat(digits.spec().features()).isEqualTo(new Shape(1, 8, 8));
            assertThat(digits.spec().classes()).isEqualTo(List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
            Split train = digits.splits().get("train");
            Split test = digits.splits().get("test");
            assertThat(train.size()).isEqualTo(1438);
            assertThat(test.size()).isEqualTo(359);
            int[] counts = new int[10];
            for (int i = 0; i < test.size(); i++) {
                counts[label(test, i)]++;
            }
            assertThat(counts).containsExactly(36, 36, 35, 37, 36, 36, 36, 36, 35, 36);
        }
    }

    @Test
    void trainingPixelsHaveMeanZeroAndDeviationOne() throws IOException {
        try (Dataset digits = open(Map.of())) {
            Split train = digits.splits().get("train");
            double sum = 0;
            double square = 0;
            for (int i = 0; i < train.size(); i++) {
                for (float v : features(train, i)) {
                    sum += v;
                    square += v * v;
                }
            }
            int n = train.size() * 64;
            assertThat(sum / n).isCloseTo(0, within(1e-5));
            assertThat(square / n).isCloseTo(1, within(1e-5));
        }
    }

    @Test
    void noSampleIsInBothSplits() throws IOException {
        try (Dataset digits = open(Map.of("test_fraction", 0.5))) {
            Set<List<Float>> seen = new HashSet<>();
            for (Split split : digits.splits().values()) {
                for (int i = 0; i < split.size(); i++) {
                    seen.add(boxed(features(split, i)));
                }
            }
            // All 1,797 images differ from one another.
            assertThat(seen).hasSize(1797);
        }
    }

    private static List<Float> boxed(float[] values) {
        List<Float> list = new ArrayList<>();
        for (float v : values) {
            list.add(v);
        }
        return list;
    }

    @Test
    void theSplitDependsOnItsSeedAlone() throws IOException {
        try (Dataset a = open(Map.of("split_seed", 4));
                Dataset b = open(Map.of("split_seed", 4));
                Dataset c = open(Map.of("split_seed", 5))) {
            Split first = a.splits().get("test");
            Split second = b.splits().get("test");
            Split other = c.splits().get("test");
            int same = 0;
            for (int i = 0; i < first.size(); i++) {
                assertThat(features(first, i)).isEqualTo(features(second, i));
                same += Arrays.equals(features(first, i), features(other, i)) ? 1 : 0;
            }
            assertThat(same).isLessThan(first.size() / 2);
        }
    }

    @Test
    void aFractionOutsideIsTheUsersError() {
        assertThatThrownBy(() -> open(Map.of("test_fraction", 1.0))).isInstanceOf(UserError.class)
                .hasMessage("data set digits: option 'test_fraction' is 1.0, expected a number above 0 and below 1");
        assertThatThrownBy(() -> open(Map.of("test_fraction", 0))).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> open(Map.of("testfraction", 0.1))).isInstanceOf(UserError.class)
                .hasMessageContaining("did you mean 'test_fraction'");
    }
}
