// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.hookline.api.Progress.Mode;
import org.junit.jupiter.api.Test;

class AccumulationTest {
    /** Each micro-batch as its place, its step's size and whether the step follows: "1/2" then "2/2!". */
    private static String trace(Accumulation accumulation, int microBatches) {
        StringBuilder text = new StringBuilder();
        int place = 0;
        for (int i = 0; i < microBatches; i++) {
            place = accumulation.first() ? 1 : place + 1;
            text.append(i == 0 ? "" : " ").append(place).append('/').append(accumulation.size());
            text.append(accumulation.last() ? "!" : "");
            accumulation.endIteration();
        }
        return text.toString();
    }

    @Test
    void withoutAccumulationEveryMicroBatchIsAStep() {
        Accumulation accumulation = new Accumulation(Mode.BY_EPOCH, 2, 0, 3, 1);
        accumulation.startPass(0, 0);
        assertThat(trace(accumulation, 3)).isEqualTo("1/1! 1/1! 1/1!");
        assertThat(accumulation.plannedSteps()).isEqualTo(6);
    }

    @Test
    void theLastStepOfAnEpochIsShortAndNotLost() {
        Accumulation accumulation = new Accumulation(Mode.BY_EPOCH, 2, 0, 5, 2);
        accumulation.startPass(0, 0);
        assertThat(trace(accumulation, 5)).isEqualTo("1/2 2/2! 1/2 2/2! 1/1!");
        accumulation.startPass(1, 0);
        assertThat(trace(accumulation, 5)).isEqualTo("1/2 2/2! 1/2 2/2! 1/1!");
        assertThat(accumulation.plannedSteps()).isEqualTo(6);
    }

    @Test
    void inIterationModeStepsReachOverEpochsAndOnlyTheLastOfTheRunIsShort() {
        Accumulation accumulation = new Accumulation(Mode.BY_ITER, 0, 8, 5, 3);
        accumulation.startPass(0, 0);
        assertThat(trace(accumulation, 5)).isEqualTo("1/3 2/3 3/3! 1/3 2/3");
        accumulation.startPass(1, 0);
        assertThat(accumulation.first()).isFalse();
        assertThat(accumulation.last()).isTrue();
        assertThat(accumulation.size()).isEqualTo(3);
        accumulation.endIteration();
        assertThat(trace(accumulation, 2)).isEqualTo("1/2 2/2!");
        assertThat(accumulation.plannedSteps()).isEqualTo(3);
    }

    @Test
    void aNumberThatIsSetBeforeTheRunHoldsFromItsFirstStepOn() {
        for (Mode mode : Mode.values()) {
            Accumulation accumulation = new Accumulation(mode, 1, 8, 8, 1);
            accumulation.setMicroBatches(4);
            accumulation.startPass(0, 0);
            assertThat(trace(accumulation, 8)).as("%s", mode).isEqualTo("1/4 2/4 3/4 4/4! 1/4 2/4 3/4 4/4!");
        }
    }

    @Test
    void aResumedRunGoesOnInTheMiddleOfAStep() {
        Accumulation byEpoch = new Accumulation(Mode.BY_EPOCH, 2, 0, 5, 2);
        byEpoch.startPass(1, 3);
        assertThat(byEpoch.first()).isFalse();
        assertThat(byEpoch.last()).isTrue();
        Accumulation byIteration = new Accumulation(Mode.BY_ITER, 0, 20, 5, 4);
        byIteration.startPass(1, 1);
        assertThat(byIteration.first()).isFalse();
        assertThat(byIteration.size()).isEqualTo(4);
        byIteration.endIteration();
        assertThat(byIteration.last()).isTrue();
    }

    @Test
    void aChangeHoldsFromTheNextStepOn() {
        Accumulation accumulation = new Accumulation(Mode.BY_EPOCH, 1, 0, 8, 3);
        accumulation.startPass(0, 0);
        accumulation.endIteration();
        accumulation.setMicroBatches(2);
        assertThat(accumulation.size()).isEqualTo(3);
        accumulation.endIteration();
        assertThat(accumulation.last()).isTrue();
        accumulation.endIteration();
        assertThat(trace(accumulation, 4)).isEqualTo("1/2 2/2! 1/2 2/2!");
        assertThat(accumulation.microBatches()).isEqualTo(2);
        assertThatThrownBy(() -> accumulation.setMicroBatches(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 or more");
    }
}
