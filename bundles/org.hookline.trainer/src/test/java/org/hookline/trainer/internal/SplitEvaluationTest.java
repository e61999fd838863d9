// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.hookline.api.facet.Evaluation;
import org.hookline.engine.RunSpec;
import org.junit.jupiter.api.Test;

class SplitEvaluationTest {
    private static RunSpec line(int evalBatchSize) {
        RunSpec spec = TestParts.model(TestParts.spec(), TestParts.section("linear"));
        spec = TestParts.data(spec, TestParts.section("line", "eval_batch_size", evalBatchSize));
        return TestParts.loss(spec, TestParts.section("squares"));
    }

    @Test
    void theLossIsTheMeanOverSamplesWhateverTheBatches() throws Exception {
        double expected;
        try (Driver driver = Driver.of(line(100))) {
            float[] w = driver.flat();
            TestParts.ArraySplit split = (TestParts.ArraySplit) TestParts.line(100, 2);
            double sum = 0;
            for (int i = 0; i < 100; i++) {
                float[] x = new float[2];
                split.readFeatures(i, java.nio.FloatBuffer.wrap(x), 0);
                double error = w[0] * x[0] + w[1] * x[1] + w[2] - (2 * x[0] - 3 * x[1] + 0.5);
                sum += error * error;
            }
            expected = sum / 100;
            assertThat(driver.evaluation().evaluate("test").values().get("loss")).isCloseTo(expected, within(1e-4));
        }
        for (int batchSize : new int[] {1, 33, 1000}) {
            try (Driver driver = Driver.of(line(batchSize))) {
                Evaluation.Result result = driver.evaluation().evaluate("test");
                assertThat(result.values().get("loss")).isCloseTo(expected, within(1e-4));
                assertThat(result.samples()).isEqualTo(100);
            }
        }
    }

    @Test
    void oneReadForTheLossAndOneForEachMetric() throws Exception {
        try (Driver driver = Driver.of(TestParts.data(TestParts.spec(),
                TestParts.section("moons", "eval_batch_size", 10)))) {
            driver.evaluation().evaluate("test");
            assertThat(driver.task().deviceReads()).isEqualTo(2);
        }
    }

    @Test
    void hooksAreToldBeforeAndAfter() throws Exception {
        try (Driver driver = Driver.of(TestParts.spec())) {
            driver.begin(1, 0).iterate(2);
            Evaluation.Result result = driver.evaluation().evaluate("test");
            assertThat(driver.events()).containsExactly("step", "step", "evaluation starts",
                    "evaluation of test ended");
            assertThat(result.epoch()).isEqualTo(1);
            assertThat(result.iteration()).isEqualTo(driver.task().iterationsPerEpoch() + 2);
            assertThat(result.values().keySet()).containsExactly("loss", "accuracy");
            assertThat(driver.evaluation().metrics())
                    .containsExactly(new Evaluation.MetricInfo("accuracy", true));
        }
    }

    @Test
    void theNewestResultOfEachSplitIsKept() throws Exception {
        try (Driver driver = Driver.of(TestParts.spec())) {
            Evaluation evaluation = driver.evaluation();
            assertThat(evaluation.splits()).containsExactly("test");
            assertThat(evaluation.latest()).isEmpty();
            evaluation.evaluate("test");
            Evaluation.Result train = evaluation.evaluate("train");
            Evaluation.Result test = evaluation.evaluate("test");
            assertThat(evaluation.latest()).containsExactly(train, test);
            assertThatThrownBy(() -> evaluation.evaluate("tset")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("did you mean 'test'");
        }
    }
}
