// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hookline.api.facet.Stepper;
import org.hookline.engine.RunSpec;
import org.hookline.torch.Torch;
import org.hookline.trainer.OptimizerState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlatTaskTest {
    private static RunSpec line(RunSpec.Section optimizer) {
        RunSpec spec = TestParts.model(TestParts.spec(), TestParts.section("linear"));
        spec = TestParts.data(spec, TestParts.section("line", "batch_size", 64));
        return TestParts.optimizer(TestParts.loss(spec, TestParts.section("squares")), optimizer);
    }

    private static float[] trained(RunSpec spec) throws Exception {
        try (Driver driver = Driver.of(spec)) {
            return driver.run().flat();
        }
    }

    @Test
    void aRegressionFindsTheLine() throws Exception {
        try (Driver driver = Driver.of(TestParts.epochs(line(TestParts.section("sgd", "lr", 0.1)), 20))) {
            driver.run();
            assertThat(driver.flat()).containsExactly(new float[] {2, -3, 0.5f}, within(1e-3f));
            assertThat(driver.loss()).isLessThan(1e-6);
        }
    }

    @Test
    void aSmallNetworkLearnsTheMoons() throws Exception {
        try (Driver driver = Driver.of(TestParts.epochs(TestParts.spec(), 20))) {
            driver.run();
            Map<String, Double> values = driver.evaluation().evaluate("test").values();
            assertThat(values.get("accuracy")).isGreaterThan(0.98);
            assertThat(values.get("loss")).isLessThan(0.05);
        }
    }

    @Test
    void theSameSeedGivesTheSameWeightsBitForBit() throws Exception {
        // With dropout: the random numbers of libtorch are part of it.
        RunSpec spec = TestParts.model(TestParts.spec(), TestParts.section("norm"));
        float[] weights = trained(spec);
        assertThat(trained(spec)).isEqualTo(weights);
        assertThat(trained(TestParts.seed(spec, 43))).isNotEqualTo(weights);
    }

    @Test
    void withoutTorchsOwnOperationsTheResultIsTheSame() throws Exception {
        RunSpec spec = TestParts.spec();
        float[] fused = trained(spec);
        try (Driver driver = new Driver(spec, Optional.empty())) {
            assertThat(driver.run().flat()).containsExactly(fused, within(1e-5f));
        }
    }

    @Test
    void fourTimesSixteenIsSixtyFour() throws Exception {
        RunSpec whole = TestParts.data(TestParts.spec(), TestParts.section("moons", "batch_size", 64));
        RunSpec parts = TestParts.machine(TestParts.data(whole, TestParts.section("moons", "batch_size", 16)), "cpu",
                "fp32", 4, 1);
        for (RunSpec.Section optimizer : List.of(TestParts.section("sgd", "lr", 0.1, "momentum", 0.9),
                TestParts.section("adamw", "lr", 1e-3))) {
            assertThat(trained(TestParts.optimizer(parts, optimizer)))
                    .containsExactly(trained(TestParts.optimizer(whole, optimizer)), within(1e-6f));
        }
    }

    @Test
    void anIncompleteAccumulationIsSteppedAtTheEndOfAnEpoch() throws Exception {
        // 500 samples: 7 full micro-batches and one of 52.
        RunSpec spec = TestParts.machine(
                TestParts.data(TestParts.spec(), TestParts.section("moons", "samples", 500)), "cpu", "fp32", 3, 1);
        try (Driver driver = Driver.of(spec)) {
            Stepper stepper = driver.stepper();
            assertThat(stepper.plannedSteps()).isEqualTo(6);
            driver.begin(0, 0).iterate(6);
            assertThat(driver.gradients().microBatchesOfStep()).isEqualTo(2);
            driver.iterate(2);
            assertThat(stepper.steps()).isEqualTo(3);
            driver.begin(1, 0).iterate(8);
            assertThat(stepper.steps()).isEqualTo(6);
            assertThat(driver.events()).hasSize(6).containsOnly("step");
        }
    }

    @Test
    void nothingInAnIterationReadsFromTheDevice() throws Exception {
        try (Driver driver = Driver.of(TestParts.spec())) {
            driver.run();
            driver.gradients().norm().close();
            assertThat(driver.task().deviceReads()).isZero();
            // Sixteen losses in one transfer.
            driver.loss();
            assertThat(driver.task().deviceReads()).isEqualTo(1);
        }
    }

    @Test
    void evaluationChangesNothingOfTheTraining() throws Exception {
        RunSpec spec = TestParts.model(TestParts.spec(), TestParts.section("norm"));
        float[] without = trained(spec);
        try (Driver driver = Driver.of(spec)) {
            driver.evaluation().evaluate("test");
            for (int epoch = 0; epoch < spec.epochs(); epoch++) {
                driver.begin(epoch, 0);
                for (int i = 0; i < driver.innerIterations(); i++) {
                    driver.iterate(1);
                    float[] mean = driver.weights().buffers().get("02BatchNorm.runningMean").toFloatArray();
                    driver.evaluation().evaluate("test");
                    driver.evaluation().evaluate("train");
                    assertThat(driver.weights().buffers().get("02BatchNorm.runningMean").toFloatArray())
                            .isEqualTo(mean);
                }
            }
            assertThat(driver.flat()).isEqualTo(without);
        }
    }

    @Test
    void evaluationBetweenForwardAndBackwardDoesNoHarm() throws Exception {
        RunSpec spec = TestParts.model(TestParts.spec(), TestParts.section("norm"));
        float[] without = trained(TestParts.epochs(spec, 1));
        try (Driver driver = Driver.of(spec)) {
            driver.begin(0, 0);
            for (int i = 0; i < 8; i++) {
                driver.task().nextBatch();
                driver.gradients().zero();
                driver.task().forward();
                driver.evaluation().evaluate("test");
                driver.gradients().backward(1);
                driver.stepper().step();
                driver.end();
            }
            assertThat(driver.flat()).isEqualTo(without);
        }
    }

    @Test
    void aResumedEpochLeavesOutWhatWasDone() throws Exception {
        RunSpec spec = TestParts.epochs(line(TestParts.section("sgd", "lr", 0.0)), 3);
        List<Double> whole = new ArrayList<>();
        try (Driver driver = Driver.of(spec)) {
            driver.begin(2, 0);
            for (int i = 0; i < 8; i++) {
                whole.add(driver.iterate(1).loss());
            }
        }
        List<Double> resumed = new ArrayList<>();
        try (Driver driver = Driver.of(spec)) {
            driver.begin(2, 5);
            for (int i = 0; i < 3; i++) {
                resumed.add(driver.iterate(1).loss());
            }
        }
        assertThat(resumed).isEqualTo(whole.subList(5, 8));
        assertThat(whole).doesNotHaveDuplicates();
    }

    @Test
    void aRunThatTakesItsStateOverGoesOnBitForBit() throws Exception {
        RunSpec spec = TestParts.epochs(TestParts.spec(), 3);
        float[] expected = trained(spec);
        try (Driver first = Driver.of(spec); Driver second = Driver.of(TestParts.seed(spec, spec.seed()))) {
            first.begin(0, 0).iterate(8).begin(1, 0).iterate(3);
            try (NDArray weights = first.weights().flat().duplicate()) {
                second.weights().swap(weights);
            }
            OptimizerState state = first.task().optimizerState();
            second.task().loadOptimizerState(state);
            second.begin(1, 3).iterate(5).begin(2, 0).iterate(8);
            assertThat(second.flat()).isEqualTo(expected);
        }
    }

    @Test
    void swappingTwiceRestoresBoth() throws Exception {
        try (Driver driver = Driver.of(TestParts.spec()); NDManager scope = driver.task().newScope()) {
            float[] before = driver.flat();
            NDArray other = scope.ones(driver.weights().flat().getShape());
            driver.weights().swap(other);
            assertThat(driver.flat()).containsOnly(1f);
            assertThat(driver.weights().parameter("01Linear.bias").toFloatArray()).containsOnly(1f);
            assertThat(other.toFloatArray()).isEqualTo(before);
            driver.weights().swap(other);
            assertThat(driver.flat()).isEqualTo(before);
            assertThat(other.toFloatArray()).containsOnly(1f);
            assertThatThrownBy(() -> driver.weights().swap(scope.ones(new ai.djl.ndarray.types.Shape(3))))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void frozenParametersStayWhateverTheWeightDecay() throws Exception {
        try (Driver driver = Driver.of(TestParts.optimizer(TestParts.spec(),
                TestParts.section("adamw", "lr", 0.01, "weight_decay", 0.5)))) {
            String name = "03Linear.weight";
            driver.begin(0, 0).iterate(2);
            float[] before = driver.weights().parameter(name).toFloatArray();
            float[] others = driver.weights().parameter("01Linear.weight").toFloatArray();
            driver.weights().setFrozen(List.of(name), true);
            driver.iterate(3);
            assertThat(driver.weights().parameter(name).toFloatArray()).isEqualTo(before);
            assertThat(driver.weights().parameter("01Linear.weight").toFloatArray()).isNotEqualTo(others);
            driver.weights().setFrozen(List.of(name), false);
            driver.iterate(1);
            assertThat(driver.weights().parameter(name).toFloatArray()).isNotEqualTo(before);
            assertThat(driver.task().optimizerState().steps()).containsExactly(6L, 6L, 3L, 6L, 6L, 6L);
            assertThatThrownBy(() -> driver.weights().setFrozen(List.of("03Linear.wieght"), true))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("'03Linear.weight'");
        }
    }

    @Test
    void theLearningRateIsThatOfTheNextStep() throws Exception {
        try (Driver driver = Driver.of(line(TestParts.section("sgd", "lr", 0.25)))) {
            assertThat(driver.stepper().baseLearningRate()).isEqualTo(0.25);
            float[] before = driver.flat();
            driver.stepper().setLearningRate(0);
            driver.begin(0, 0).iterate(1);
            assertThat(driver.flat()).isEqualTo(before);
            driver.stepper().setLearningRate(0.25);
            driver.iterate(1);
            assertThat(driver.flat()).isNotEqualTo(before);
            assertThat(driver.stepper().baseLearningRate()).isEqualTo(0.25);
            driver.stepper().skip();
            assertThat(driver.stepper().skipped()).isEqualTo(1);
            assertThatThrownBy(() -> driver.stepper().setLearningRate(Double.NaN))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> driver.stepper().setMomentum(0.9)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("without momentum");
        }
    }

    @Test
    void whatAHookDerivesFromWeightsOutlivesTheIteration() throws Exception {
        try (Driver driver = Driver.of(TestParts.model(TestParts.spec(), TestParts.section("norm")))) {
            NDArray copy = driver.weights().parameter("01Linear.weight").duplicate();
            NDArray mean = driver.weights().buffers().get("02BatchNorm.runningMean").duplicate();
            float[] before = copy.toFloatArray();
            driver.run();
            assertThat(copy.toFloatArray()).isEqualTo(before);
            assertThat(mean.toFloatArray()).containsOnly(0f);
            assertThat(driver.weights().parameter("01Linear.weight").toFloatArray()).isNotEqualTo(before);
        }
    }

    /** The smallest float that is not denormal, a thousand times smaller. */
    private static float thousandth(NDManager manager) {
        try (NDArray small = manager.create(Float.MIN_NORMAL);
                NDArray factor = manager.create(1e-3f);
                NDArray product = small.mul(factor)) {
            return product.getFloat();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void denormalNumbersAreZeroDuringARunUnlessItKeepsThem(boolean flush) throws Exception {
        TestTorch.require(Torch.Feature.FLUSH_DENORMAL);
        RunSpec spec = TestParts.configuration(TestParts.spec(), Map.of("flush_denormals", flush));
        try (NDManager manager = DjlRuntime.newScope(ai.djl.Device.cpu())) {
            try (Driver driver = Driver.of(spec)) {
                driver.begin(0, 0).iterate(1);
                // Asked of the number itself: a comparison would take it as zero too.
                assertThat(Float.floatToRawIntBits(thousandth(manager)) == 0).isEqualTo(flush);
            }
            assertThat(Float.floatToRawIntBits(thousandth(manager))).isNotZero();
        }
    }

    @Test
    void theThreadIsLeftAsItWas() throws Exception {
        boolean before = JniUtils.isGradMode();
        int threads = JniUtils.getNumThreads();
        try {
            JniUtils.setGradMode(true);
            try (Driver driver = Driver.of(TestParts.machine(TestParts.spec(), "cpu", "fp32", 1, 1))) {
                assertThat(JniUtils.isGradMode()).isFalse();
                assertThat(JniUtils.getNumThreads()).isEqualTo(1);
                driver.begin(0, 0).iterate(1);
                assertThat(JniUtils.isGradMode()).isFalse();
            }
            assertThat(JniUtils.isGradMode()).isTrue();
            assertThat(JniUtils.getNumThreads()).isEqualTo(threads);
        } finally {
            JniUtils.setGradMode(before);
        }
    }

    @Test
    void scalarsOfAllKindsAreReadInOneTransfer() throws Exception {
        try (Driver driver = Driver.of(TestParts.spec()); NDManager scope = driver.task().newScope()) {
            long reads = driver.task().deviceReads();
            assertThat(driver.task().read(List.of(scope.create(1.5f), scope.create(new float[] {2.5f}))))
                    .containsExactly(1.5, 2.5);
            assertThat(driver.task().read(List.of(scope.create(1.5f), scope.create(1e300), scope.create(7L))))
                    .containsExactly(1.5, 1e300, 7);
            assertThat(driver.task().read(List.of(scope.create(7L)))).containsExactly(7);
            assertThat(driver.task().deviceReads()).isEqualTo(reads + 3);
            assertThat(driver.task().read(List.of())).isEmpty();
            assertThat(driver.task().deviceReads()).isEqualTo(reads + 3);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theLastBatchIsShortOrLeftOut(boolean dropLast) throws Exception {
        RunSpec spec = TestParts.data(TestParts.spec(),
                TestParts.section("moons", "samples", 100, "batch_size", 64, "drop_last", dropLast));
        try (Driver driver = Driver.of(spec)) {
            assertThat(driver.task().iterationsPerEpoch()).isEqualTo(dropLast ? 1 : 2);
            driver.begin(0, 0).iterate(1);
            assertThat(driver.batchSize()).isEqualTo(64);
            if (!dropLast) {
                driver.iterate(1);
                assertThat(driver.batchSize()).isEqualTo(36);
            }
        }
    }

    @Test
    void aLossThatIsNotOneNumberIsToldByName() throws Exception {
        try (Driver driver = Driver.of(TestParts.loss(TestParts.spec(), TestParts.section("many")))) {
            driver.begin(0, 0);
            assertThatThrownBy(() -> driver.iterate(1)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("loss many gives float32 of shape (64, 2)");
        }
    }

    @Test
    void aTaskThatWasNeverOpenedCanBeClosed() throws Exception {
        try (var task = TestParts.factory(Optional.empty()).create(TestParts.spec())) {
            assertThat(task.iterationsPerEpoch()).isEqualTo(8);
            assertThat(task.device()).isEqualTo("cpu");
        }
    }

    @Test
    void twoRunsAtTheSameTimeDoNotDisturbOneAnother() throws Exception {
        float[] expected = trained(line(TestParts.section("sgd", "lr", 0.1, "momentum", 0.9)));
        List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
        List<float[]> weights = java.util.Collections.synchronizedList(new ArrayList<>());
        // Opened in turn, since the random numbers of libtorch are of the process; trained side by side.
        Object opening = new Object();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    Driver driver;
                    synchronized (opening) {
                        driver = Driver.of(line(TestParts.section("sgd", "lr", 0.1, "momentum", 0.9)));
                    }
                    try (driver) {
                        weights.add(driver.run().flat());
                    }
                } catch (Throwable t) {
                    failures.add(t);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        assertThat(weights).hasSize(2).allSatisfy(w -> assertThat(w).isEqualTo(expected));
    }
}
