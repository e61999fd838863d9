// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;
import org.hookline.engine.RunResult;
import org.hookline.engine.RunSpec;
import org.hookline.hook.optimizer.internal.OptimizerHook;
import org.hookline.hook.optimizer.internal.OptimizerSettings;
import org.hookline.testkit.HookRun;
import org.hookline.trainer.DjlTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The task in the real engine, with the real optimizer hook. */
class EngineRunTest {
    @TempDir
    Path folder;

    /** Looks at the end and at each step. */
    private static final class Witness implements Hook {
        private float[] weights;
        private double lastLoss;
        private final List<Long> steps = new ArrayList<>();

        @Override
        public void afterOptimizerStep(TrainingContext context) {
            steps.add(context.progress().iteration());
        }

        @Override
        public void afterTrain(TrainingContext context) {
            weights = context.weights().flat().toFloatArray();
            lastLoss = context.metrics().series("loss").orElseThrow().latest();
        }
    }

    @Test
    void theEngineTrainsAsTheDriverDoes() throws Exception {
        RunSpec spec = TestParts.machine(TestParts.model(TestParts.spec(), TestParts.section("norm")), "cpu", "fp32", 3,
                1);
        Witness witness = new Witness();
        DjlTask task = TestParts.factory(TestTorch.TORCH).create(spec);
        HookRun run = new HookRun(folder, task);
        run.add(20, new OptimizerHook(OptimizerSettings.DEFAULT));
        run.add(30, witness);
        RunResult result = run.epochs(2);

        assertThat(result.failure()).isEmpty();
        assertThat(result.iterations()).isEqualTo(16);
        assertThat(witness.steps).containsExactly(2L, 5L, 7L, 10L, 13L, 15L);
        try (Driver driver = Driver.of(spec)) {
            driver.run();
            assertThat(witness.weights).isEqualTo(driver.flat());
            assertThat(witness.lastLoss).isEqualTo(driver.loss());
        }
    }

    @Test
    void iterationModeTakesAsManyPassesAsItNeeds() throws Exception {
        RunSpec spec = TestParts.machine(TestParts.iterations(TestParts.spec(), 19), "cpu", "fp32", 5, 1);
        Witness witness = new Witness();
        HookRun run = new HookRun(folder, TestParts.factory(TestTorch.TORCH).create(spec));
        run.add(20, new OptimizerHook(OptimizerSettings.DEFAULT));
        run.add(30, witness);
        RunResult result = run.iterations(19);
        assertThat(result.failure()).isEmpty();
        assertThat(witness.steps).containsExactly(4L, 9L, 14L, 18L);
    }

    @Test
    void aDataSetThatBreaksFailsTheRunWithItsCause() throws Exception {
        RunSpec spec = TestParts.data(TestParts.spec(), TestParts.section("broken"));
        HookRun run = new HookRun(folder, TestParts.factory(TestTorch.TORCH).create(spec));
        run.add(20, new OptimizerHook(OptimizerSettings.DEFAULT));
        RunResult result = run.epochs(1);
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.FAILED);
        assertThat(result.failure().orElseThrow()).hasMessageContaining("of train cannot be read")
                .hasRootCauseMessage("the disk is gone");
        assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
                .noneMatch(name -> name.startsWith("hookline-data-train"));
    }
}
