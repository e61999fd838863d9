// SPDX-License-Identifier: Apache-2.0
package org.hookline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import org.hookline.api.facet.Stepper;
import org.hookline.engine.RunResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinearTaskTest {
    @TempDir
    Path folder;

    @Test
    void oneStepIsTheOneWorkedOutByHand() {
        // w = 0; errors -2 and -3; gradient = (-2*1 + -3*2) / 2 = -4; w = 0 + 0.1 * 4
        LinearTask task = new LinearTask(new double[][] {{1}, {2}}, new double[] {2, 3}, 2, List.of("test"));
        HookRun run = new HookRun(folder, task);
        run.add(20, new PlainStep());
        RunResult result = run.epochs(1);
        assertThat(result.failure()).isEmpty();
        assertThat(task.weights()[0]).isCloseTo(0.4, within(1e-12));
        assertThat(task.loss()).isCloseTo((1.6 * 1.6 + 2.2 * 2.2) / 4, within(1e-12));
    }

    @Test
    void itLearns() {
        LinearTask task = new LinearTask(7, 256, 4, 16);
        double before = task.loss();
        HookRun run = new HookRun(folder, task);
        run.add(20, new PlainStep());
        assertThat(run.epochs(5).failure()).isEmpty();
        assertThat(task.loss()).isLessThan(before / 100);
        assertThat(task.stepper().steps()).isEqualTo(80).isEqualTo(task.stepper().plannedSteps());
    }

    @Test
    void itsOptimizerRefusesWhatTheTrainersRefuses() {
        Stepper stepper = new LinearTask(7, 64, 4, 16).stepper();
        for (double rate : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> stepper.setLearningRate(rate)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the learning rate is " + rate + ", expected a number of 0 or more");
        }
        for (double momentum : new double[] {-0.1, 1, Double.NaN}) {
            assertThatThrownBy(() -> stepper.setMomentum(momentum)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the momentum is " + momentum + ", expected 0 or more and less than 1");
        }
        assertThat(stepper.learningRate()).isEqualTo(0.1);
    }

    @Test
    void nobodyWhoDoesNotAskWaitsForTheDevice() {
        LinearTask task = new LinearTask(7, 64, 4, 16);
        HookRun run = new HookRun(folder, task);
        run.add(20, new PlainStep());
        run.epochs(3);
        assertThat(task.deviceReads()).isZero();
    }

    @Test
    void theRecorderHasTheValueOfEachIteration() {
        LinearTask task = new LinearTask(new double[][] {{1}, {2}}, new double[] {2, 3}, 1, List.of("test"));
        HookRun run = new HookRun(folder, task);
        Recorder recorder = new Recorder();
        run.add(20, new PlainStep());
        run.add(60, recorder);
        run.epochs(1);
        // w = 0: (0 - 2)^2 / 2; then w = 0.2: (0.4 - 3)^2 / 2
        assertThat(recorder.values("loss")).satisfiesExactly(
                first -> assertThat(first).isCloseTo(2, within(1e-6)),
                second -> assertThat(second).isCloseTo(3.38, within(1e-6)));
        assertThat(recorder.values("nothing")).isEmpty();
    }
}
