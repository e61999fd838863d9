// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SampleOrderTest {
    private static List<Integer> list(SampleOrder order) {
        return IntStream.range(0, order.size()).mapToObj(order::at).toList();
    }

    @Test
    void everySampleIsTakenOnce() {
        assertThat(list(SampleOrder.training(1000, true, 42, 3)).stream().sorted().toList())
                .isEqualTo(IntStream.range(0, 1000).boxed().toList());
    }

    @Test
    void theOrderDependsOnSeedAndEpochAlone() {
        List<Integer> order = list(SampleOrder.training(100, true, 42, 0));
        assertThat(list(SampleOrder.training(100, true, 42, 0))).isEqualTo(order);
        assertThat(list(SampleOrder.training(100, true, 42, 1))).isNotEqualTo(order);
        assertThat(list(SampleOrder.training(100, true, 43, 0))).isNotEqualTo(order);
    }

    @Test
    void theOrderOfASeedStaysTheSameForEver() {
        assertThat(list(SampleOrder.training(10, true, 42, 0))).containsExactly(PINNED);
    }

    /** Worked out by a second program in another language: resumed runs rely on it. */
    private static final Integer[] PINNED = {5, 1, 9, 6, 7, 2, 4, 0, 8, 3};

    @Test
    void allOrdersAreEquallyLikely() {
        Map<List<Integer>, Integer> counts = new HashMap<>();
        int draws = 24_000;
        for (int seed = 0; seed < draws; seed++) {
            counts.merge(list(SampleOrder.training(4, true, seed, 0)), 1, Integer::sum);
        }
        assertThat(counts).hasSize(24);
        double chiSquare = counts.values().stream().mapToDouble(c -> (c - 1000.0) * (c - 1000.0) / 1000).sum();
        // 23 degrees of freedom: 49.7 is exceeded once in a thousand. Sattolo's cycle would give 6 orders only.
        assertThat(chiSquare).isLessThan(49.7);
    }

    @Test
    void withoutShufflingSamplesComeAsTheyLie() {
        assertThat(list(SampleOrder.training(5, false, 42, 7))).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void augmentationIsAFunctionOfSeedEpochAndSample() {
        SampleOrder order = SampleOrder.training(10, true, 42, 3);
        long random = order.randomOf(5);
        assertThat(random).isNotZero();
        assertThat(SampleOrder.training(10, true, 42, 3).randomOf(5)).isEqualTo(random);
        assertThat(SampleOrder.training(10, true, 42, 4).randomOf(5)).isNotEqualTo(random);
        assertThat(SampleOrder.training(10, true, 41, 3).randomOf(5)).isNotEqualTo(random);
        assertThat(order.randomOf(6)).isNotEqualTo(random);
    }

    @Test
    void evaluationIsInOrderAndNotAugmented() {
        SampleOrder order = SampleOrder.evaluation(4);
        assertThat(list(order)).containsExactly(0, 1, 2, 3);
        assertThat(order.randomOf(2)).isZero();
    }
}
