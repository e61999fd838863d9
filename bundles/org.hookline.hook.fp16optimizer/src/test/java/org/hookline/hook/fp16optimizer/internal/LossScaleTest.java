// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.fp16optimizer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.hookline.api.UserError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LossScaleTest {
    private static LossScale scale(double initial, long interval, double minimum) {
        return new LossScale(new LossScale.Settings(initial, 2, 0.5, interval, minimum));
    }

    private static void finite(LossScale scale, int times) {
        for (int i = 0; i < times; i++) {
            scale.update(true);
        }
    }

    @Test
    void theDefaultsAreThoseOfGradScaler() {
        assertThat(LossScale.Settings.DEFAULT).isEqualTo(new LossScale.Settings(65536, 2, 0.5, 2000, 1e-4));
        LossScale scale = new LossScale(LossScale.Settings.DEFAULT);
        finite(scale, 1999);
        assertThat(scale.now()).isEqualTo(65536);
        scale.update(true);
        assertThat(scale.now()).isEqualTo(131072);
    }

    @Test
    void aStepThatIsNotFiniteHalvesTheScaleAndStartsTheCountAgain() {
        LossScale scale = scale(1024, 3, 0);
        finite(scale, 2);
        scale.update(false);
        assertThat(scale.now()).isEqualTo(512);
        assertThat(scale.finiteInARow()).isZero();
        finite(scale, 2);
        assertThat(scale.now()).isEqualTo(512);
        scale.update(true);
        assertThat(scale.now()).isEqualTo(1024);
        assertThat(scale.finiteInARow()).isZero();
    }

    @Test
    void theScaleDoesNotGrowToInfinity() {
        LossScale scale = scale(0x1p127, 1, 0);
        finite(scale, 5);
        assertThat(scale.now()).isEqualTo(0x1p127);
    }

    @Test
    void theScaleIsExhaustedBelowItsMinimumOrAtZero() {
        LossScale scale = scale(4, 1, 1);
        scale.update(false);
        scale.update(false);
        assertThat(scale.now()).isEqualTo(1);
        assertThat(scale.exhausted()).isFalse();
        scale.update(false);
        assertThat(scale.exhausted()).isTrue();
        LossScale unlimited = scale(0x1p-149, 1, 0);
        assertThat(unlimited.exhausted()).isFalse();
        unlimited.update(false);
        assertThat(unlimited.exhausted()).isTrue();
    }

    @Test
    void aRestoredScaleGoesOnAsIfItHadNotStopped() {
        LossScale whole = scale(65536, 4, 0);
        LossScale first = scale(65536, 4, 0);
        boolean[] outcomes = {true, true, false, true, true, true, true, true, false, true, true, true, true};
        LossScale second = scale(1, 4, 0);
        for (int i = 0; i < outcomes.length; i++) {
            whole.update(outcomes[i]);
            if (i < 6) {
                first.update(outcomes[i]);
                if (i == 5) {
                    second.load(first.save());
                }
            } else {
                second.update(outcomes[i]);
            }
        }
        assertThat(second.save()).isEqualTo(whole.save());
        assertThat(second.now()).isEqualTo(65536);
    }

    @Test
    void aStateThatIsNoneIsRefused() {
        LossScale scale = scale(8, 4, 0);
        for (Map<String, Object> state : java.util.List.<Map<String, Object>>of(Map.of(), Map.of("scale", 4f),
                Map.of("scale", "4", "finite_in_a_row", 1L), Map.of("scale", -4f, "finite_in_a_row", 1L),
                Map.of("scale", Float.NaN, "finite_in_a_row", 1L), Map.of("scale", 4f, "finite_in_a_row", -1L))) {
            assertThatThrownBy(() -> scale.load(state)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(scale.now()).isEqualTo(8);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            0,    2, 0.5, 2000, 0,   init_scale is 0.0
            NaN,  2, 0.5, 2000, 0,   init_scale is NaN
            1e39, 2, 0.5, 2000, 0,   init_scale is 1.0E39
            8,    1, 0.5, 2000, 0,   growth_factor is 1.0
            8,    2, 1,   2000, 0,   backoff_factor is 1.0
            8,    2, 0,   2000, 0,   backoff_factor is 0.0
            8,    2, 0.5, 0,    0,   growth_interval is 0
            8,    2, 0.5, 1,    16,  min_scale is 16.0
            8,    2, 0.5, 1,    -1,  min_scale is -1.0
            """)
    void aWrongSettingIsNamed(double initial, double growth, double backoff, long interval, double minimum,
            String message) {
        assertThatThrownBy(() -> new LossScale.Settings(initial, growth, backoff, interval, minimum))
                .isInstanceOf(UserError.class).hasMessageContaining("Fp16OptimizerHook: " + message);
    }
}
