// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PartitionTest {

    @Test
    void bothPartsTogetherAreAllSamplesOnce() {
        Partition p = Partition.random(1000, 0.2, 7);
        assertThat(p.heldOut()).hasSize(200).isSorted();
        assertThat(p.kept()).hasSize(800).isSorted();
        assertThat(IntStream.concat(Arrays.stream(p.kept()), Arrays.stream(p.heldOut())).sorted().toArray())
                .isEqualTo(IntStream.range(0, 1000).toArray());
    }

    @Test
    void eachClassIsHeldOutInTheSameProportion() {
        int[] classes = new int[1000];
        Arrays.fill(classes, 0, 900, 0);
        Arrays.fill(classes, 900, 1000, 1);
        Partition p = Partition.stratified(classes, 0.1, 3);
        assertThat(Arrays.stream(p.heldOut()).filter(i -> classes[i] == 0).count()).isEqualTo(90);
        assertThat(Arrays.stream(p.heldOut()).filter(i -> classes[i] == 1).count()).isEqualTo(10);
    }

    @Test
    void remaindersAddUpToTheRoundedTotal() {
        // 3 classes of 15: a fifth is 3 each; 3 classes of 7 at 0.2 are 1.4 each, 4.2 in all.
        int[] classes = IntStream.range(0, 21).map(i -> i % 3).toArray();
        assertThat(Partition.stratified(classes, 0.2, 1).heldOut()).hasSize(4);
    }

    @Test
    void theSameSeedGivesTheSameChoiceAndAnotherSeedAnother() {
        assertThat(Partition.random(100, 0.3, 5).heldOut()).isEqualTo(Partition.random(100, 0.3, 5).heldOut());
        assertThat(Partition.random(100, 0.3, 5).heldOut()).isNotEqualTo(Partition.random(100, 0.3, 6).heldOut());
    }

    @Test
    void theChoiceIsPinnedToThisSequence() {
        // A change here would silently change every data set's split. Worked out with a second implementation.
        assertThat(Partition.random(20, 0.25, 0).heldOut()).containsExactly(0, 5, 6, 14, 15);
    }

    @Test
    void everySampleHasTheSameChance() {
        int[] held = new int[50];
        for (int seed = 0; seed < 4000; seed++) {
            for (int i : Partition.random(50, 0.2, seed).heldOut()) {
                held[i]++;
            }
        }
        // Binomial with mean 800 and standard deviation 25.
        assertThat(Arrays.stream(held).boxed().toList()).allSatisfy(n -> assertThat(n).isBetween(650, 950));
    }

    @Test
    void noFractionHoldsNothingOut() {
        assertThat(Partition.random(10, 0, 1).heldOut()).isEmpty();
        assertThat(Partition.random(10, 0, 1).kept()).hasSize(10);
    }

    @Test
    void smallClassesKeepOneSampleToTrainOn() {
        Partition p = Partition.stratified(new int[] {0, 1, 1, 2, 2}, 0.9, 1);
        assertThat(Arrays.stream(p.kept()).map(i -> new int[] {0, 1, 1, 2, 2}[i]).distinct().toArray())
                .containsExactly(0, 1, 2);
    }

    @Test
    void aClassWithoutSamplesIsNoObstacle() {
        assertThat(Partition.stratified(new int[] {0, 0, 0, 0, 3, 3, 3, 3}, 0.25, 1).heldOut()).hasSize(2);
        assertThat(Partition.random(0, 0.5, 1).kept()).isEmpty();
    }

    @Test
    void aFractionOutsideIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Partition.random(5, 1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> Partition.random(5, Double.NaN, 0));
    }
}
