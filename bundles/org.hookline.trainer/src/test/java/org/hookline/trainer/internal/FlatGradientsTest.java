// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.hookline.api.facet.Gradients;
import org.hookline.engine.RunSpec;
import org.hookline.torch.Torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each test both ways: gathered by libtorch in one call, and by DJL's own operations. */
class FlatGradientsTest {
    private static Optional<Torch> torch(boolean fused) {
        return fused ? TestTorch.TORCH : Optional.empty();
    }

    /** A linear model of two weights and a bias, squared loss. */
    private static RunSpec line() {
        RunSpec spec = TestParts.model(TestParts.spec(), TestParts.section("linear"));
        return TestParts.loss(TestParts.data(spec, TestParts.section("line", "batch_size", 64)),
                TestParts.section("squares"));
    }

    /** Batch and forward pass, and no more. */
    private static void forward(Driver driver) throws Exception {
        driver.task().nextBatch();
        driver.task().forward();
    }

    private static void put(Gradients gradients, float... values) {
        NDArray flat = gradients.flat();
        try (NDArray array = flat.getManager().create(values)) {
            Flat.copy(array, flat);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void gradientsAreThoseOfTheLoss(boolean fused) throws Exception {
        try (Driver driver = new Driver(line(), torch(fused))) {
            float[] w = driver.flat();
            driver.begin(0, 0);
            forward(driver);
            driver.gradients().backward(1);
            // d/dw mean((w x + b - y)^2), straight from the samples in their order.
            SampleOrder order = SampleOrder.training(512, true, 42, 0);
            TestParts.ArraySplit split = (TestParts.ArraySplit) TestParts.line(512, 1);
            double[] expected = new double[3];
            for (int i = 0; i < 64; i++) {
                float[] x = new float[2];
                split.readFeatures(order.at(i), java.nio.FloatBuffer.wrap(x), 0);
                double error = w[0] * x[0] + w[1] * x[1] + w[2] - (2 * x[0] - 3 * x[1] + 0.5);
                expected[0] += 2 * error * x[0] / 64;
                expected[1] += 2 * error * x[1] / 64;
                expected[2] += 2 * error / 64;
            }
            float[] actual = driver.gradients().flat().toFloatArray();
            for (int i = 0; i < 3; i++) {
                assertThat((double) actual[i]).isCloseTo(expected[i], within(1e-4));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theScaleIsAFactorOfTheGradient(boolean fused) throws Exception {
        try (Driver driver = new Driver(line(), torch(fused))) {
            driver.begin(0, 0);
            forward(driver);
            driver.gradients().backward(1);
            float[] one = driver.gradients().flat().toFloatArray();
            driver.gradients().zero();
            driver.end();
            driver.begin(0, 0);
            forward(driver);
            driver.gradients().backward(1024);
            float[] scaled = driver.gradients().flat().toFloatArray();
            for (int i = 0; i < 3; i++) {
                assertThat(scaled[i]).isEqualTo(1024 * one[i]);
            }
            driver.gradients().scale(1.0 / 1024);
            assertThat(driver.gradients().flat().toFloatArray()).isEqualTo(one);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void backwardPassesAddUpUntilZero(boolean fused) throws Exception {
        try (Driver driver = new Driver(line(), torch(fused))) {
            Gradients gradients = driver.gradients();
            float[][] single = new float[2][];
            for (int i = 0; i < 2; i++) {
                driver.begin(0, i);
                forward(driver);
                gradients.zero();
                gradients.backward(1);
                single[i] = gradients.flat().toFloatArray();
                driver.end();
            }
            gradients.zero();
            assertThat(gradients.flat().toFloatArray()).containsOnly(0f);
            gradients.zero();
            for (int i = 0; i < 2; i++) {
                driver.begin(0, i);
                forward(driver);
                gradients.backward(1);
                driver.end();
            }
            float[] sum = gradients.flat().toFloatArray();
            for (int i = 0; i < 3; i++) {
                assertThat(sum[i]).isCloseTo(single[0][i] + single[1][i], within(1e-5f));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatWasChangedInTheMiddleOfAnAccumulationCounts(boolean fused) throws Exception {
        try (Driver driver = new Driver(line(), torch(fused))) {
            Gradients gradients = driver.gradients();
            driver.begin(0, 1);
            forward(driver);
            gradients.backward(1);
            float[] second = gradients.flat().toFloatArray();
            driver.end();
            gradients.zero();
            driver.begin(0, 0);
            forward(driver);
            gradients.backward(1);
            put(gradients, 10, 20, 30);
            driver.end();
            forward(driver);
            gradients.backward(1);
            float[] sum = gradients.flat().toFloatArray();
            for (int i = 0; i < 3; i++) {
                assertThat(sum[i]).isCloseTo(10 * (i + 1) + second[i], within(1e-5f));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLossIsUsedOnce(boolean fused) throws Exception {
        try (Driver driver = new Driver(line(), torch(fused))) {
            assertThatThrownBy(() -> driver.gradients().backward(1)).isInstanceOf(IllegalStateException.class);
            driver.begin(0, 0);
            forward(driver);
            driver.gradients().backward(1);
            assertThatThrownBy(() -> driver.gradients().backward(1)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("backward was done");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void clippingByNormIsTorchs(boolean fused) throws Exception {
        try (Driver driver = new Driver(line(), torch(fused))) {
            Gradients gradients = driver.gradients();
            put(gradients, 2, -3, 6);
            long reads = driver.task().deviceReads();
            NDArray small = gradients.clipByNorm(14);
            NDArray before = gradients.clipByNorm(3.5);
            assertThat(driver.task().deviceReads()).isEqualTo(reads);
            assertThat(small.getFloat()).isEqualTo(7);
            assertThat(before.getFloat()).isEqualTo(7);
            // 3.5 / (7 + 1e-6)
            assertThat(gradients.flat().toFloatArray()).containsExactly(new float[] {1, -1.5f, 3}, within(1e-6f));
            small.close();
            before.close();
            try (NDArray after = gradients.norm()) {
                assertThat(after.getFloat()).isCloseTo(3.5f, within(1e-5f));
            }
            assertThatThrownBy(() -> gradients.clipByNorm(0)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void clippingByValueLimitsBothSides(boolean fused) throws Exception {
        try (Driver driver = new Driver(line(), torch(fused))) {
            put(driver.gradients(), 10, -10, 0.25f);
            driver.gradients().clipByValue(0.5);
            assertThat(driver.gradients().flat().toFloatArray()).containsExactly(0.5f, -0.5f, 0.25f);
            put(driver.gradients(), Float.NaN, Float.NEGATIVE_INFINITY, 1);
            driver.gradients().clipByValue(0.5);
            assertThat(driver.gradients().flat().toFloatArray()).containsExactly(Float.NaN, -0.5f, 0.5f);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void finiteMeansEveryValue(boolean fused) throws Exception {
        try (Driver driver = new Driver(line(), torch(fused))) {
            Gradients gradients = driver.gradients();
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                put(gradients, 1, bad, 1);
                assertThat(gradients.isFinite()).isFalse();
            }
            put(gradients, 1, 2, 3);
            long reads = driver.task().deviceReads();
            assertThat(gradients.isFinite()).isTrue();
            assertThat(driver.task().deviceReads()).isEqualTo(reads + 1);
            // Its square is not finite, the value is.
            put(gradients, 1, 3e38f, 3e38f);
            assertThat(gradients.isFinite()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLossScaleIsTakenOutAndTheGradientsAreCheckedInOneRead(boolean fused) throws Exception {
        try (Driver driver = new Driver(line(), torch(fused))) {
            Gradients gradients = driver.gradients();
            put(gradients, 1024, -2048, 3e38f);
            long reads = driver.task().deviceReads();
            assertThat(gradients.unscale(1024)).isTrue();
            assertThat(driver.task().deviceReads()).isEqualTo(reads + 1);
            assertThat(gradients.flat().toFloatArray()).containsExactly(1f, -2f, 3e38f / 1024);
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                put(gradients, 1024, bad, 1024);
                reads = driver.task().deviceReads();
                assertThat(gradients.unscale(1024)).isFalse();
                assertThat(driver.task().deviceReads()).isEqualTo(reads + 1);
            }
            put(gradients, 1, 2, 3);
            assertThat(gradients.unscale(1)).isTrue();
            for (double scale : new double[] {0, -1, Double.NaN}) {
                assertThatThrownBy(() -> gradients.unscale(scale)).isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFrozenParameterHasNoGradient(boolean fused) throws Exception {
        try (Driver driver = new Driver(line(), torch(fused))) {
            assertThat(driver.weights().names()).containsExactly("weight", "bias");
            driver.begin(0, 0);
            forward(driver);
            // After the forward pass, when the graph already leads to it.
            driver.weights().setFrozen(List.of("weight"), true);
            driver.gradients().backward(1);
            float[] frozen = driver.gradients().flat().toFloatArray();
            assertThat(Arrays.copyOf(frozen, 2)).containsOnly(0f);
            assertThat(frozen[2]).isNotZero();
            driver.end();
            driver.weights().setFrozen(List.of("weight"), false);
            driver.gradients().zero();
            forward(driver);
            driver.gradients().backward(1);
            float[] free = driver.gradients().flat().toFloatArray();
            assertThat(free[0]).isNotZero();
            driver.weights().setFrozen(List.of("bias"), true);
            assertThat(driver.gradients().flat().toFloatArray()[2]).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void withEverythingFrozenBackwardSaysSo(boolean fused) throws Exception {
        try (Driver driver = new Driver(line(), torch(fused))) {
            driver.weights().setFrozen(driver.weights().names(), true);
            driver.begin(0, 0);
            forward(driver);
            assertThatThrownBy(() -> driver.gradients().backward(1)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("every parameter is frozen");
        }
    }

    /** When somebody has a look at the gradients. */
    private enum Look { NEVER, BEFORE_THE_STEP, AFTER_THE_STEP }

    /** {@return the weights after 8 iterations, of a model with a layer whose gradient stays with the leaf} */
    private static float[] trained(RunSpec.Section optimizer, double maxNorm, Look look) throws Exception {
        RunSpec spec = TestParts.optimizer(TestParts.model(TestParts.spec(), TestParts.section("mlp", "hidden", 128)),
                optimizer);
        try (Driver driver = Driver.of(spec)) {
            Gradients gradients = driver.gradients();
            driver.begin(0, 0);
            for (int i = 0; i < 8; i++) {
                gradients.zero();
                forward(driver);
                gradients.backward(1);
                if (look == Look.BEFORE_THE_STEP) {
                    gradients.flat();
                }
                if (maxNorm > 0) {
                    gradients.clipByNorm(maxNorm).close();
                }
                double norm = gradients.normAtHand().orElseThrow();
                driver.stepper().step();
                if (look == Look.AFTER_THE_STEP) {
                    try (NDArray after = gradients.flat().norm()) {
                        assertThat((double) after.getFloat()).isCloseTo(norm, within(1e-5 * norm));
                    }
                    assertThat(gradients.normAtHand()).hasValue(norm);
                }
                driver.end();
            }
            return driver.flat();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"adamw", "adam", "sgd"})
    void whoLooksAtTheGradientsChangesNothing(String type) throws Exception {
        RunSpec.Section optimizer = type.equals("sgd") ? TestParts.section(type, "lr", 0.1, "momentum", 0.9)
                : TestParts.section(type, "lr", 0.01, "weight_decay", 0.1);
        for (double maxNorm : new double[] {0, 0.2, 1e6}) {
            float[] expected = trained(optimizer, maxNorm, Look.NEVER);
            assertThat(trained(optimizer, maxNorm, Look.BEFORE_THE_STEP)).isEqualTo(expected);
            assertThat(trained(optimizer, maxNorm, Look.AFTER_THE_STEP)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLargeParameterCanBeFrozenAndSetFreeBetweenSteps(boolean looked) throws Exception {
        RunSpec spec = TestParts.model(TestParts.spec(), TestParts.section("mlp", "hidden", 128));
        try (Driver driver = Driver.of(spec)) {
            String large = driver.weights().names().get(2);
            assertThat(driver.weights().parameter(large).size()).isEqualTo(128 * 128);
            driver.begin(0, 0).iterate(2);
            driver.weights().setFrozen(List.of(large), true);
            float[] before = driver.weights().parameter(large).toFloatArray();
            driver.iterate(2);
            if (looked) {
                driver.gradients().flat();
            }
            assertThat(driver.weights().parameter(large).toFloatArray()).isEqualTo(before);
            driver.weights().setFrozen(List.of(large), false);
            driver.iterate(1);
            assertThat(driver.weights().parameter(large).toFloatArray()).isNotEqualTo(before);
        }
    }
}
