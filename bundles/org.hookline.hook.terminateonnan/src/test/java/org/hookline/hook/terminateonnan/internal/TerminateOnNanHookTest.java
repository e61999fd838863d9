// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.terminateonnan.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.engine.RunResult;
import org.hookline.testkit.Configs;
import org.hookline.testkit.HookRun;
import org.hookline.testkit.LinearTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TerminateOnNanHookTest {
    @TempDir
    Path folder;

    /** Sixteen iterations an epoch; nothing is learnt, so that the loss is infinite in corrupt iterations only. */
    private static LinearTask task() {
        return new LinearTask(5, 64, 3, 4);
    }

    private RunResult run(LinearTask task, int epochs, Object... values) {
        HookRun run = new HookRun(folder, task);
        run.add(20, new TerminateOnNanHook(Configs.of(TerminateOnNanConfig.class, values)));
        return run.epochs(epochs);
    }

    @Test
    void aBadLossFailsTheRunAtTheNextCheckWithIterationAndValue() {
        RunResult result = run(task().corrupt(22), 3);
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.FAILED);
        // Iteration 22 counted from 0 is the 23rd; the check is in the 30th.
        assertThat(result.iterations()).isEqualTo(29);
        assertThat(result.failure().orElseThrow()).hasMessageStartingWith("TerminateOnNanHook")
                .hasMessageContaining("loss is Infinity in iteration 23")
                .hasMessageContaining("the last check was before iteration 21")
                .hasMessageContaining("learning rate 0.1");
    }

    @Test
    void withPeriodOneTheIterationIsExact() {
        RunResult result = run(task().corrupt(5).corrupt(6), 3, "period", 1);
        assertThat(result.iterations()).isEqualTo(5);
        assertThat(result.failure().orElseThrow())
                .hasMessageContaining("loss is Infinity in iteration 6, learning rate");
    }

    @Test
    void theEndOfAPassIsCheckedBeforeACheckpointCanBeWritten() {
        boolean[] later = new boolean[1];
        HookRun run = new HookRun(folder, task().corrupt(13));
        run.add(20, new TerminateOnNanHook(Configs.of(TerminateOnNanConfig.class, "period", 100)));
        run.add(30, new Hook() {
            @Override
            public void afterTrainEpoch(TrainingContext context) {
                later[0] = true;
            }
        });
        assertThat(run.epochs(2).iterations()).isEqualTo(15);
        assertThat(later[0]).isFalse();
    }

    @Test
    void aGoodRunIsLeftAloneAndTheDeviceIsReadOncePerPeriod() {
        LinearTask task = task();
        assertThat(run(task, 2, "period", 8).outcome()).isEqualTo(RunResult.Outcome.COMPLETED);
        assertThat(task.deviceReads()).isEqualTo(4);
    }

    @Test
    void aBadValueBeforeItJoinedDoesNotCount() {
        LinearTask task = task().corrupt(3);
        HookRun run = new HookRun(folder, task);
        run.add(60, new Hook() {
            @Override
            public void afterTrainIter(TrainingContext context) {
                if (context.progress().iteration() == 5) {
                    run.add(20, new TerminateOnNanHook(Configs.of(TerminateOnNanConfig.class)));
                }
            }
        });
        assertThat(run.epochs(1).outcome()).isEqualTo(RunResult.Outcome.COMPLETED);
    }

    @Test
    void mistakesAreNamed() {
        assertThat(run(task(), 1, "metric", "los").failure().orElseThrow())
                .hasMessageContaining("there is no metric 'los'").hasMessageContaining("loss");
        assertThat(run(task(), 1, "period", 0).failure().orElseThrow())
                .hasMessageContaining("period is 0, expected 1 or more");
    }
}
