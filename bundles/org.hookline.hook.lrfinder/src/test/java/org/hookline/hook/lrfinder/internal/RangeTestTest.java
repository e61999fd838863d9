// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrfinder.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.hookline.testkit.Configs;
import org.junit.jupiter.api.Test;

class RangeTestTest {
    private static RangeTest test(Object... values) {
        return RangeTest.of(Configs.of(LrFinderConfig.class, values));
    }

    @Test
    void theSuggestionIsWhereTheLossFallsMostSteeply() {
        RangeTest test = test("minLr", 1e-6, "maxLr", 1.0, "steps", 121, "smoothing", 0.0);
        boolean goesOn = true;
        while (goesOn) {
            // Falls from 2 to 1 round a learning rate of 0.01.
            goesOn = test.add(2 - 1 / (1 + Math.exp(-2 * Math.log(test.next() / 0.01))));
        }
        assertThat(test.points()).hasSize(121);
        assertThat(test.suggestion().orElseThrow()).isCloseTo(0.01, within(1e-6));
    }

    @Test
    void aLossThatOnlyRisesSuggestsNothing() {
        RangeTest test = test("steps", 20);
        for (int i = 0; i < 20; i++) {
            test.add(1 + 0.01 * i);
        }
        assertThat(test.suggestion()).isEmpty();
    }

    @Test
    void itEndsWhereTheSmoothedLossIsSoManyTimesItsLowest() {
        RangeTest test = test("steps", 20, "smoothing", 0.0, "divergeFactor", 3.0);
        assertThat(test.add(1)).isTrue();
        assertThat(test.add(2.9)).isTrue();
        assertThat(test.add(3.1)).isFalse();
        RangeTest never = test("steps", 20, "smoothing", 0.0, "divergeFactor", 0.0);
        assertThat(never.add(1)).isTrue();
        assertThat(never.add(1e9)).isTrue();
    }

    @Test
    void linearRisesByTheSameAmount() {
        RangeTest test = test("minLr", 0.1, "maxLr", 1.0, "steps", 10, "mode", "linear");
        for (int i = 0; i < 10; i++) {
            assertThat(test.next()).isCloseTo(0.1 + 0.1 * i, within(1e-12));
            test.add(1);
        }
    }

    @Test
    void theAverageHasNoBiasTowardsZero() {
        RangeTest test = test("steps", 10, "smoothing", 0.9);
        test.add(5);
        test.add(5);
        assertThat(test.points()).allSatisfy(p -> assertThat(p.smoothed()).isCloseTo(5, within(1e-12)));
    }
}
