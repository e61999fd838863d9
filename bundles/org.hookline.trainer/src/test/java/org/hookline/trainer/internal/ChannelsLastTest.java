// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hookline.api.UserError;
import org.hookline.api.facet.Snapshots;
import org.hookline.engine.RunSpec;
import org.hookline.engine.TaskState;
import org.hookline.torch.Torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run in the memory format channels last is the run that it is without; only the order in memory is another. */
class ChannelsLastTest {
    private static final String KERNEL = "05Conv2d.weight";

    @BeforeEach
    void need() {
        TestTorch.require(Torch.Feature.CHANNELS_LAST);
    }

    private static RunSpec spec(boolean channelsLast) {
        RunSpec spec = TestParts.model(TestParts.spec(), TestParts.section("convolutions"));
        spec = TestParts.data(spec, TestParts.section("squares", "batch_size", 64));
        // Not Adam: it makes a full step of the rounding error that is the gradient of a bias before a batch norm.
        spec = TestParts.optimizer(spec, TestParts.section("sgd", "lr", 0.05, "momentum", 0.9));
        return TestParts.configuration(spec, Map.of("channels_last", channelsLast));
    }

    private static Map<String, float[]> weights(Driver driver) {
        Map<String, float[]> values = new LinkedHashMap<>();
        driver.weights().names().forEach(n -> values.put(n, driver.weights().parameter(n).toFloatArray()));
        driver.weights().buffers().forEach((n, a) -> values.put(n, a.toFloatArray()));
        return values;
    }

    private static void same(Map<String, float[]> actual, Map<String, float[]> expected, float tolerance) {
        assertThat(actual.keySet()).containsExactlyElementsOf(expected.keySet());
        expected.forEach((name, values) ->
                assertThat(actual.get(name)).as(name).containsExactly(values, within(tolerance)));
    }

    @Test
    void onlyTheOrderInMemoryIsAnother() throws Exception {
        try (Driver plain = Driver.of(spec(false)); Driver last = Driver.of(spec(true))) {
            same(weights(last), weights(plain), 0);
            assertThat(plain.weights().parameter(KERNEL).getShape()).isEqualTo(new Shape(5, 8, 3, 3));
            assertThat(last.weights().parameter(KERNEL).getShape()).isEqualTo(new Shape(5, 8, 3, 3));
            assertThat(last.flat()).isNotEqualTo(plain.flat());
            float[] a = last.flat();
            float[] b = plain.flat();
            Arrays.sort(a);
            Arrays.sort(b);
            assertThat(a).isEqualTo(b);
        }
    }

    @Test
    void theModelLearnsTheSame() throws Exception {
        try (Driver plain = Driver.of(spec(false)); Driver last = Driver.of(spec(true))) {
            for (Driver driver : List.of(plain, last)) {
                driver.begin(0, 0).iterate(3);
            }
            same(weights(last), weights(plain), 2e-4f);
            assertThat(last.loss()).isCloseTo(plain.loss(), within(1e-4));
            Map<String, Double> expected = plain.evaluation().evaluate("test").values();
            assertThat(last.evaluation().evaluate("test").values().get("loss"))
                    .isCloseTo(expected.get("loss"), within(1e-4));
        }
    }

    @Test
    void gradientsAreThoseOfTheContiguousModel() throws Exception {
        float[][] gradients = new float[2][];
        for (boolean channelsLast : new boolean[] {false, true}) {
            try (Driver driver = Driver.of(spec(channelsLast))) {
                driver.begin(0, 0);
                driver.task().nextBatch();
                driver.task().forward();
                driver.gradients().zero();
                driver.gradients().backward(1);
                try (NDManager scope = driver.task().newScope()) {
                    NDArray flat = scope.create(driver.gradients().flat().toFloatArray());
                    float[] all = new float[(int) flat.size()];
                    int at = 0;
                    for (String name : driver.weights().names()) {
                        Shape shape = driver.weights().parameter(name).getShape();
                        NDArray part = flat.get(at + ":" + (at + shape.size()));
                        NDArray values = channelsLast && shape.dimension() == 4
                                ? part.reshape(shape.get(0), shape.get(2), shape.get(3), shape.get(1))
                                .transpose(0, 3, 1, 2) : part;
                        System.arraycopy(values.toFloatArray(), 0, all, at, (int) shape.size());
                        at += (int) shape.size();
                    }
                    gradients[channelsLast ? 1 : 0] = all;
                }
            }
        }
        assertThat(gradients[1]).containsExactly(gradients[0], within(1e-5f));
        assertThat(gradients[0]).doesNotContain(Float.NaN).isNotEqualTo(new float[gradients[0].length]);
    }

    @Test
    void aStateIsSavedInTheOrderOfIndexesAndTakenUpAgain() throws Exception {
        try (Driver first = Driver.of(spec(true)); Driver second = Driver.of(spec(true))) {
            first.begin(0, 0).iterate(2);
            Map<String, float[]> trained = weights(first);
            TaskState state = first.task().saveState();
            ByteBuffer saved = state.arrays().get(TaskState.MODEL).get(KERNEL).toByteBuffer(true);
            assertThat(saved.order(ByteOrder.nativeOrder()).asFloatBuffer().get(1)).isEqualTo(trained.get(KERNEL)[1]);
            second.task().loadState(state);
            first.task().releaseState(state);
            same(weights(second), trained, 0);
            // Moments too: the next steps are the same.
            first.iterate(2);
            second.begin(0, 2).iterate(2);
            same(weights(second), weights(first), 0);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStateOfTheOtherFormatIsRefused(boolean saved) throws Exception {
        try (Driver first = Driver.of(spec(saved)); Driver second = Driver.of(spec(!saved))) {
            TaskState state = first.task().saveState();
            assertThatThrownBy(() -> second.task().loadState(state)).isInstanceOf(UserError.class).hasMessage(
                    "the checkpoint is of a run with channels_last: " + saved + ", this one has " + !saved
                            + "; set it to " + saved + ", or take the weights alone with load_from");
        }
    }

    @Test
    void aFileOfDjlIsInTheOrderOfIndexes(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("model.params");
        try (Driver last = Driver.of(spec(true)); Driver plain = Driver.of(TestParts.seed(spec(false), 7))) {
            last.task().exportParameters(file);
            plain.task().loadWeights(file);
            same(weights(plain), weights(last), 0);
        }
    }

    @Test
    void aSnapshotOfTheFlatArrayIsTakenAndRestored() throws Exception {
        try (Driver driver = Driver.of(spec(true))) {
            Snapshots.Snapshot snapshot = driver.facet(Snapshots.class).take();
            Map<String, float[]> before = weights(driver);
            driver.begin(0, 0).iterate(2);
            assertThat(weights(driver).get(KERNEL)).isNotEqualTo(before.get(KERNEL));
            snapshot.restore();
            snapshot.close();
            same(weights(driver), before, 0);
        }
    }
}
