// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradprofiler.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.hookline.api.UserError;
import org.hookline.testkit.Configs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanTest {
    private static ProfilerConfig cycles(long skip, long warmup, long active, long repeat) {
        return Configs.of(ProfilerConfig.class, "skip", skip, "warmup", warmup, "active", active, "repeat", repeat);
    }

    /** A letter for each of the first iterations. */
    private static String first(int iterations, ProfilerConfig config, long before) {
        Plan plan = new Plan(config);
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= iterations; i++) {
            text.append(switch (plan.action(i, before)) {
                case NONE -> '.';
                case WARM_UP -> 'w';
                case WRITE -> 'X';
            });
        }
        return text.toString();
    }

    @Test
    void aCycleSkipsWarmsUpAndIsActive() {
        assertThat(first(12, cycles(2, 1, 2, 1), 0)).isEqualTo("..wXX.......");
        assertThat(first(12, cycles(2, 1, 2, 2), 0)).isEqualTo("..wXX..wXX..");
        assertThat(first(12, cycles(1, 0, 1, 0), 0)).isEqualTo(".X.X.X.X.X.X");
        assertThat(first(3, cycles(0, 0, 1, 0), 0)).isEqualTo("XXX");
        assertThat(first(13, Configs.of(ProfilerConfig.class), 0)).isEqualTo("..........wX.");
    }

    @Test
    void aHookThatJoinsLateCountsFromThere() {
        assertThat(first(12, cycles(2, 1, 2, 1), 4)).isEqualTo("......wXX...");
    }

    @Test
    void aListIsTakenAsItIs() {
        assertThat(first(6, Configs.of(ProfilerConfig.class, "iterations", new long[] {5, 1}), 3)).isEqualTo("X...X.");
    }

    @ParameterizedTest
    @CsvSource({"-1, 0, 1, 1, skip", "0, -1, 1, 1, warmup", "0, 0, 0, 1, active", "0, 0, 1, -1, repeat"})
    void aWrongNumberIsNamed(long skip, long warmup, long active, long repeat, String key) {
        assertThatThrownBy(() -> new Plan(cycles(skip, warmup, active, repeat))).isInstanceOf(UserError.class)
                .hasMessageContaining("AutogradProfilerHook: " + key + " is ");
    }

    @Test
    void iterationsAreCountedFromOne() {
        assertThatThrownBy(() -> new Plan(Configs.of(ProfilerConfig.class, "iterations", new long[] {0, 5})))
                .isInstanceOf(UserError.class).hasMessageContaining("iterations is 0, expected 1 or more");
    }
}
