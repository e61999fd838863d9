// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LikelyMistakesTest {
    @Test
    void moreThreadsThanCoresAreWarnedOf() {
        assertThat(LikelyMistakes.threads(9, 8)).hasValueSatisfying(
                w -> assertThat(w).startsWith("threads is 9 and there are 8 cores: "));
        assertThat(LikelyMistakes.threads(8, 8)).isEmpty();
        assertThat(LikelyMistakes.threads(0, 1)).as("what libtorch chooses").isEmpty();
    }

    private static List<Long> warned(int accumulate, long steps) {
        return LongStream.rangeClosed(1, 1000).boxed()
                .filter(i -> LikelyMistakes.noStep(i, accumulate, steps).isPresent()).toList();
    }

    @Test
    void aRunWithoutAStepIsWarnedOfOnceWhenAHundredMightHaveBeen() {
        assertThat(warned(1, 0)).containsExactly(100L);
        assertThat(warned(4, 0)).containsExactly(400L);
        assertThat(LikelyMistakes.noStep(100, 1, 0)).contains("100 iterations and no optimizer step: no hook asks for "
                + "one (OptimizerHook does), the weights stay as they are");
    }

    @Test
    void oneStepIsEnough() {
        assertThat(warned(1, 1)).isEmpty();
        assertThat(warned(4, 1)).isEmpty();
    }
}
