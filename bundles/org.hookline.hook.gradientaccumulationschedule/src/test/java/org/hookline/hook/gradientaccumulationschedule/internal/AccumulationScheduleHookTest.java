// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.gradientaccumulationschedule.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccumulationScheduleHookTest {
    @TempDir
    Path folder;

    /** Remembers in which iteration a step was done. */
    private static final class Stepping implements Hook {
        final List<Long> steps = new ArrayList<>();

        @Override
        public void afterTrainIter(TrainingContext context) {
            if (context.gradients().lastOfStep()) {
                steps.add(context.progress().iteration());
            }
        }
    }

    private final Stepping stepping = new Stepping();

    private HookRun run(LinearTask task, String[] schedule, String by) {
        HookRun run = new HookRun(folder, task);
        run.add(20, stepping);
        run.add(30, new AccumulationScheduleHook(
                Configs.of(AccumulationScheduleConfig.class, "schedule", schedule, "by", by)));
        return run;
    }

    /** Four iterations an epoch. */
    private static LinearTask task() {
        return new LinearTask(5, 16, 3, 4);
    }

    @Test
    void byEpochEachEpochHasItsNumber() {
        HookRun run = run(task(), new String[] {"2: 4", "1:2"}, "epoch");
        assertThat(run.epochs(4).failure()).isEmpty();
        assertThat(stepping.steps).containsExactly(0L, 1L, 2L, 3L, 5L, 7L, 11L, 15L);
        assertThat(run.events("accumulate_changed"))
                .containsExactly(Map.of("from", 1, "to", 2), Map.of("from", 2, "to", 4));
    }

    @Test
    void inIterationModeEpochsArePassesOverTheData() {
        run(task(), new String[] {"1: 2"}, "epoch").iterations(8);
        assertThat(stepping.steps).containsExactly(0L, 1L, 2L, 3L, 5L, 7L);
    }

    @Test
    void byIterationItChangesWithinAnEpoch() {
        run(task(), new String[] {"0: 2", "4: 4", "8: 1"}, "iteration").iterations(10);
        assertThat(stepping.steps).containsExactly(1L, 3L, 7L, 8L, 9L);
    }

    @Test
    void beforeTheFirstEntryTheRunFileHolds() {
        HookRun run = run(task().accumulate(2), new String[] {"1: 4"}, "epoch");
        run.epochs(2);
        assertThat(stepping.steps).containsExactly(1L, 3L, 7L);
    }

    @Test
    void aNumberThatAPersonSetHoldsUntilTheNextEntry() {
        HookRun run = run(task(), new String[] {"0: 1", "2: 2"}, "epoch");
        run.add(60, new Hook() {
            @Override
            public void afterTrainEpoch(TrainingContext context) {
                if (context.progress().epoch() == 0) {
                    context.gradients().setAccumulate(4);
                }
            }
        });
        run.epochs(3);
        assertThat(stepping.steps).containsExactly(0L, 1L, 2L, 3L, 7L, 9L, 11L);
    }

    @Test
    void mistakesAreNamed() {
        assertThat(run(task(), new String[] {}, "epoch").epochs(1).failure().orElseThrow())
                .hasMessageContaining("schedule is empty");
        assertThat(run(task(), new String[] {"1: 0"}, "epoch").epochs(1).failure().orElseThrow())
                .hasMessageContaining("schedule has '1: 0'");
        assertThat(run(task(), new String[] {"four"}, "epoch").epochs(1).failure().orElseThrow())
                .hasMessageContaining("schedule has 'four'");
        assertThat(run(task(), new String[] {"1: 2", "01: 3"}, "epoch").epochs(1).failure().orElseThrow())
                .hasMessageContaining("twice");
        assertThat(run(task(), new String[] {"1: 2"}, "epohc").epochs(1).failure().orElseThrow())
                .hasMessageContaining("by is 'epohc'").hasMessageContaining("epoch");
    }
}
