// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SplitMix64Test {
    @Test
    void givesThePublishedSequence() {
        SplitMix64 random = new SplitMix64(1234567);
        // Rosetta Code, "Pseudo-random numbers/Splitmix64".
        assertThat(Long.toUnsignedString(random.nextLong())).isEqualTo("6457827717110365317");
        assertThat(Long.toUnsignedString(random.nextLong())).isEqualTo("3203168211198807973");
        assertThat(Long.toUnsignedString(random.nextLong())).isEqualTo("9817491932198370423");
        assertThat(Long.toUnsignedString(random.nextLong())).isEqualTo("4593380528125082431");
        assertThat(Long.toUnsignedString(random.nextLong())).isEqualTo("16408922859458223821");
    }

    @Test
    void boundedNumbersAreUniform() {
        SplitMix64 random = new SplitMix64(7);
        int bound = 7;
        int draws = 70_000;
        int[] counts = new int[bound];
        for (int i = 0; i < draws; i++) {
            counts[random.nextInt(bound)]++;
        }
        double expected = (double) draws / bound;
        double chiSquare = 0;
        for (int count : counts) {
            chiSquare += (count - expected) * (count - expected) / expected;
        }
        // 6 degrees of freedom: 22.5 is exceeded once in a thousand seeds.
        assertThat(chiSquare).isLessThan(22.5);
    }

    @Test
    void boundsNearTheLimitOfAnIntAreKept() {
        SplitMix64 random = new SplitMix64(9);
        for (int i = 0; i < 10_000; i++) {
            assertThat(random.nextInt(Integer.MAX_VALUE)).isBetween(0, Integer.MAX_VALUE - 1);
            assertThat(random.nextInt(1)).isZero();
        }
    }

    @Test
    void nearSeedsAreUnrelated() {
        Set<Long> seeds = new HashSet<>();
        for (long seed = -50; seed < 50; seed++) {
            for (long epoch = -50; epoch < 50; epoch++) {
                seeds.add(SplitMix64.join(seed, epoch));
            }
        }
        assertThat(seeds).hasSize(10_000);
    }
}
