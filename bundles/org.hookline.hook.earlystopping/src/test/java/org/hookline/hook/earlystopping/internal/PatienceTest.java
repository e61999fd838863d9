// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.earlystopping.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.hookline.hook.earlystopping.internal.Patience.Verdict;
import org.junit.jupiter.api.Test;

class PatienceTest {
    private static Verdict last(Patience patience, boolean higher, double... values) {
        Verdict verdict = null;
        for (int i = 0; i < values.length; i++) {
            verdict = patience.add(values[i], higher, i);
        }
        return verdict;
    }

    @Test
    void itEndsWithTheLastOfSoManyValuesThatAreNoBetter() {
        assertThat(last(new Patience(3, 0, false, true), false, 5, 4, 4, 4.5)).isEqualTo(Verdict.WAITS);
        Patience patience = new Patience(3, 0, false, true);
        assertThat(last(patience, false, 5, 4, 4, 4.5, 4.1)).isEqualTo(Verdict.EXHAUSTED);
        assertThat(patience.best()).isEqualTo(4);
        assertThat(patience.bestIteration()).isEqualTo(1);
    }

    @Test
    void aBetterValueBeginsTheCountAgain() {
        assertThat(last(new Patience(2, 0, false, true), true, 1, 0, 2, 1)).isEqualTo(Verdict.WAITS);
        assertThat(last(new Patience(2, 0, false, true), true, 1, 0, 2, 1, 2)).isEqualTo(Verdict.EXHAUSTED);
    }

    @Test
    void anAbsoluteThresholdIsAnAmount() {
        assertThat(last(new Patience(9, 0.5, false, true), false, 4, 3.5)).isEqualTo(Verdict.WAITS);
        assertThat(last(new Patience(9, 0.5, false, true), false, 4, 3.4)).isEqualTo(Verdict.BETTER);
        assertThat(last(new Patience(9, 0.5, false, true), true, 4, 4.5)).isEqualTo(Verdict.WAITS);
        assertThat(last(new Patience(9, 0.5, false, true), true, 4, 4.6)).isEqualTo(Verdict.BETTER);
    }

    @Test
    void aRelativeThresholdIsAShareOfTheBestValuesSizeWhateverItsSign() {
        assertThat(last(new Patience(9, 0.25, true, true), false, 4, 3)).isEqualTo(Verdict.WAITS);
        assertThat(last(new Patience(9, 0.25, true, true), false, 4, 2.9)).isEqualTo(Verdict.BETTER);
        assertThat(last(new Patience(9, 0.25, true, true), false, -4, -5)).isEqualTo(Verdict.WAITS);
        assertThat(last(new Patience(9, 0.25, true, true), false, -4, -5.1)).isEqualTo(Verdict.BETTER);
        assertThat(last(new Patience(9, 0.25, true, true), true, -4, -3)).isEqualTo(Verdict.WAITS);
        assertThat(last(new Patience(9, 0.25, true, true), true, -4, -2.9)).isEqualTo(Verdict.BETTER);
    }

    @Test
    void whatIsNotFiniteEndsItOrIsNoBetter() {
        assertThat(last(new Patience(9, 0, false, true), false, 1, Double.NaN)).isEqualTo(Verdict.NOT_FINITE);
        assertThat(last(new Patience(9, 0, false, true), false, 1, Double.NEGATIVE_INFINITY))
                .isEqualTo(Verdict.NOT_FINITE);
        assertThat(last(new Patience(2, 0, false, false), false, Double.NaN, Double.POSITIVE_INFINITY))
                .isEqualTo(Verdict.EXHAUSTED);
        assertThat(last(new Patience(2, 0, false, false), false, Double.NaN, 7)).isEqualTo(Verdict.BETTER);
    }

    @Test
    void aRestoredCountGoesOnAsIfItHadNotStopped() {
        Random random = new Random(3);
        double[] values = random.doubles(40, 0, 1).toArray();
        for (int cut = 0; cut < values.length; cut++) {
            Patience whole = new Patience(6, 0.01, false, true);
            Patience first = new Patience(6, 0.01, false, true);
            for (int i = 0; i < cut; i++) {
                whole.add(values[i], false, i);
                first.add(values[i], false, i);
            }
            Patience second = new Patience(6, 0.01, false, true);
            second.load(first.save());
            for (int i = cut; i < values.length; i++) {
                assertThat(second.add(values[i], false, i)).isEqualTo(whole.add(values[i], false, i));
            }
            assertThat(second.save()).isEqualTo(whole.save());
        }
    }

    @Test
    void aStateThatIsNoneIsRefused() {
        assertThatThrownBy(() -> new Patience(1, 0, false, true).load(Map.of("waited", List.of())))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("no number 'best_iteration'");
    }
}
