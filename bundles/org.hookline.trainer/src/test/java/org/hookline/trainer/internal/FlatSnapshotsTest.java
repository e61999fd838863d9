// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hookline.api.facet.RandomNumbers;
import org.hookline.api.facet.Snapshots;
import org.hookline.engine.RunSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlatSnapshotsTest {
    /** With batch normalisation, which has buffers, and dropout, which draws random numbers. */
    private static RunSpec spec(String optimizer) {
        return TestParts.optimizer(TestParts.model(TestParts.spec(), TestParts.section("norm")),
                optimizer.equals("sgd") ? TestParts.section("sgd", "lr", 0.1, "momentum", 0.9)
                        : TestParts.section(optimizer, "lr", 0.01));
    }

    private static Map<String, List<Float>> buffers(Driver driver) {
        Map<String, List<Float>> all = new TreeMap<>();
        for (Map.Entry<String, NDArray> e : driver.weights().buffers().entrySet()) {
            float[] values = e.getValue().toFloatArray();
            all.put(e.getKey(), java.util.stream.IntStream.range(0, values.length).mapToObj(i -> values[i]).toList());
        }
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "adam", "adamw"})
    void whatFollowsARestoreIsWhatWouldHaveFollowedWithoutTheTry(String optimizer) throws Exception {
        try (Driver tried = Driver.of(spec(optimizer)); Driver straight = Driver.of(spec(optimizer))) {
            RandomNumbers numbers = tried.facet(RandomNumbers.class);
            numbers.seed(1, 0);
            tried.begin(0, 0).iterate(3);
            float[] before = tried.flat();
            Map<String, List<Float>> buffersBefore = buffers(tried);
            try (Snapshots.Snapshot snapshot = tried.facet(Snapshots.class).take()) {
                tried.stepper().setLearningRate(0.5);
                tried.stepper().setMomentum(0.5);
                tried.iterate(3);
                assertThat(tried.flat()).isNotEqualTo(before);
                assertThat(buffers(tried)).isNotEqualTo(buffersBefore);
                snapshot.restore();
                assertThat(tried.flat()).isEqualTo(before);
                assertThat(buffers(tried)).isEqualTo(buffersBefore);
                assertThat(tried.stepper().steps()).isEqualTo(3);
                tried.iterate(1);
                snapshot.restore();
            }
            numbers.seed(1, 3);
            tried.begin(1, 0).iterate(8);

            straight.facet(RandomNumbers.class).seed(1, 0);
            straight.begin(0, 0).iterate(3);
            straight.facet(RandomNumbers.class).seed(1, 3);
            straight.begin(1, 0).iterate(8);
            assertThat(tried.flat()).isEqualTo(straight.flat());
            assertThat(buffers(tried)).isEqualTo(buffers(straight));
            assertThat(tried.stepper().learningRate()).isEqualTo(straight.stepper().learningRate());
            assertThat(tried.stepper().momentum()).isEqualTo(straight.stepper().momentum());
        }
    }

    @Test
    void randomNumbersAreAFunctionOfSeedAndMomentAlone() throws Exception {
        try (Driver driver = Driver.of(spec("sgd"))) {
            RandomNumbers numbers = driver.facet(RandomNumbers.class);
            try (var scope = driver.task().newScope()) {
                numbers.seed(7, 5);
                float[] first = scope.randomUniform(0, 1, new ai.djl.ndarray.types.Shape(4)).toFloatArray();
                numbers.seed(7, 6);
                assertThat(scope.randomUniform(0, 1, new ai.djl.ndarray.types.Shape(4)).toFloatArray())
                        .isNotEqualTo(first);
                numbers.seed(8, 5);
                assertThat(scope.randomUniform(0, 1, new ai.djl.ndarray.types.Shape(4)).toFloatArray())
                        .isNotEqualTo(first);
                numbers.seed(7, 5);
                assertThat(scope.randomUniform(0, 1, new ai.djl.ndarray.types.Shape(4)).toFloatArray())
                        .isEqualTo(first);
            }
        }
    }
}
