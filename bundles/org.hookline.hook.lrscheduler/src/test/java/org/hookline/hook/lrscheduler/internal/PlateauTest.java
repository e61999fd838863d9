// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrscheduler.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** The expected learning rates are those that torch's ReduceLROnPlateau (PyTorch 1.13.1) gives for the same values. */
class PlateauTest {
    private static final double[] LOSSES = {
        1.0, 0.9, 0.8, 0.8, 0.80001, 0.79995, 0.9, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.6, 0.6, 0.6, 0.6, 0.6
    };

    private static double[] rates(Plateau plateau, boolean higher, double base, double... values) {
        double[] rates = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            plateau.add(values[i], higher, base);
            rates[i] = base * plateau.reduction();
        }
        return rates;
    }

    private static Plateau plateau(double factor, int patience, double threshold, boolean relative, int cooldown,
            double min) {
        return new Plateau(new Plateau.Settings(factor, patience, threshold, relative, cooldown, min));
    }

    @Test
    void aLossThatStopsFallingByAShareLowersTheRate() {
        assertThat(rates(plateau(0.1, 2, 1e-4, true, 0, 0), false, 0.1, LOSSES)).containsExactly(
                new double[] {0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001, 0.001, 0.001,
                    0.001, 0.0001, 0.0001}, within(1e-12));
    }

    @Test
    void cooldownThresholdAsAnAmountAndMinimumAreThoseOfTorch() {
        assertThat(rates(plateau(0.5, 1, 0.05, false, 2, 0.02), false, 0.1, LOSSES)).containsExactly(
                new double[] {0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.025, 0.025,
                    0.025, 0.02, 0.02, 0.02}, within(1e-12));
    }

    @Test
    void aScoreThatStopsRisingLowersTheRateAndNanIsNeverBetter() {
        assertThat(rates(plateau(0.5, 1, 0.05, true, 0, 0), true, 0.1,
                0.1, 0.5, 0.5, 0.52, 0.52, 0.52, 0.52, 0.9, 0.9, 0.9, 0.9, Double.NaN, 0.95)).containsExactly(
                new double[] {0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.025, 0.025, 0.0125, 0.0125, 0.00625, 0.00625},
                within(1e-12));
    }

    @Test
    void aChangeSmallerThanTorchsEpsilonIsNotMade() {
        assertThat(rates(plateau(0.5, 0, 1e-4, true, 0, 0), false, 1e-7, 1, 1, 1, 1, 1, 1, 1)).containsExactly(
                new double[] {1e-7, 5e-8, 2.5e-8, 1.25e-8, 1.25e-8, 1.25e-8, 1.25e-8}, within(1e-16));
    }

    @Test
    void stoppedAndRestoredAtAnyMomentItGoesOnTheSame() {
        Plateau.Settings settings = new Plateau.Settings(0.5, 1, 0.05, false, 2, 0.02);
        double[] whole = rates(new Plateau(settings), false, 0.1, LOSSES);
        for (int stop = 0; stop < LOSSES.length; stop++) {
            Plateau first = new Plateau(settings);
            for (int i = 0; i < stop; i++) {
                first.add(LOSSES[i], false, 0.1);
            }
            Plateau second = new Plateau(settings);
            second.load(first.save());
            for (int i = stop; i < LOSSES.length; i++) {
                second.add(LOSSES[i], false, 0.1);
                assertThat(0.1 * second.reduction()).as("stopped at %s, value %s", stop, i).isEqualTo(whole[i]);
            }
        }
    }

    @Test
    void aStateThatIsNotItsOwnIsRefused() {
        assertThatThrownBy(() -> plateau(0.5, 1, 0, true, 0, 0).load(Map.of("bad", "x")))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("'bad'");
    }
}
