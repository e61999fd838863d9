// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import java.util.Optional;
import org.hookline.api.facet.Precision;
import org.hookline.engine.RunSpec;
import org.hookline.torch.Torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MixedPrecisionTest {
    @BeforeEach
    void autocast() {
        TestTorch.require(Torch.Feature.AUTOCAST);
    }

    private static RunSpec spec(String precision) {
        return TestParts.machine(TestParts.epochs(TestParts.spec(), 10), "cpu", precision, 1, 1);
    }

    @Test
    void bfloat16LearnsTheMoonsToo() throws Exception {
        try (Driver driver = Driver.of(spec("bf16"))) {
            assertThat(driver.facet(Precision.class).type()).isEqualTo(Precision.Type.BF16);
            driver.run();
            assertThat(driver.evaluation().evaluate("test").values().get("accuracy")).isGreaterThan(0.95);
            assertThat(driver.weights().flat().getDataType()).isEqualTo(DataType.FLOAT32);
        }
    }

    @Test
    void theForwardPassIsReallyInHalfPrecision() throws Exception {
        double full;
        double half;
        try (Driver driver = Driver.of(spec("fp32"))) {
            full = driver.begin(0, 0).iterate(1).loss();
        }
        try (Driver driver = Driver.of(spec("bf16"))) {
            half = driver.begin(0, 0).iterate(1).loss();
        }
        assertThat(half).isNotEqualTo(full).isCloseTo(full, org.assertj.core.api.Assertions.within(0.02));
    }

    @Test
    void gradientsUnderALossScaleAreFiniteInFloat16() throws Exception {
        try (Driver driver = Driver.of(spec("fp16"))) {
            driver.begin(0, 0);
            driver.task().nextBatch();
            driver.task().forward();
            driver.gradients().backward(1024);
            assertThat(driver.gradients().isFinite()).isTrue();
            driver.gradients().scale(1.0 / 1024);
            driver.stepper().step();
            driver.end();
            assertThat(driver.loss()).isFinite();
        }
    }

    @Test
    void thePrecisionCanBeChangedInARun() throws Exception {
        try (Driver driver = Driver.of(spec("fp32"))) {
            Precision precision = driver.facet(Precision.class);
            driver.begin(0, 0).iterate(1);
            precision.setType(Precision.Type.BF16);
            driver.iterate(1);
            precision.setType(Precision.Type.FP32);
            driver.iterate(1);
            assertThat(driver.loss()).isFinite();
        }
        try (Driver driver = new Driver(spec("fp32"), Optional.empty())) {
            assertThatThrownBy(() -> driver.facet(Precision.class).setType(Precision.Type.FP16))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("org.hookline.torch");
        }
    }
}
