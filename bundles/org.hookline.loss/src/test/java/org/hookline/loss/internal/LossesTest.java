// SPDX-License-Identifier: Apache-2.0
package org.hookline.loss.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Loss;
import org.hookline.api.model.LossProvider;
import org.hookline.api.options.Options;
import org.hookline.torch.TorchLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LossesTest {
    /** As composed of DJL's operations, which also take double; {@code LossTest} compares libtorch's own with it. */
    private static final LossProvider SOFTMAX = new SoftmaxCrossEntropyProvider(
            TorchLoader.open(Path.of("a folder without libtorch")));
    private static final SampleSpec CLASSES = SampleSpec.classification(new Shape(2), List.of("ant", "bee", "cat"));
    private static final SampleSpec NUMBERS = SampleSpec.regression(new Shape(2), 3);
    private static final long[] INDEXES = {2, 0};
    private static final double[][] LOGITS = {{0.5, -1.25, 2}, {-0.75, 3, 0.125}};

    private final NDManager manager = NDManager.newBaseManager(Device.cpu());

    @AfterEach
    void close() {
        manager.close();
    }

    static Loss create(LossProvider provider, Map<String, ?> values, SampleSpec samples) {
        return provider.create(Options.of("loss x", Path.of("."), provider.options(), values), samples);
    }

    static Stream<Arguments> losses() {
        double[][] targets = {{0.5, -2, 1.5}, {-1, 3.125, 2}};
        double[][] probabilities = {{0, 1, 0.25}, {1, 0, 0.5}};
        double[][] signs = {{1, -1, 1}, {-1, -1, 1}};
        double huge = 60;
        return Stream.of(
                Arguments.of("softmax", SOFTMAX, Map.of(), CLASSES, INDEXES, crossEntropy(0)),
                Arguments.of("smoothed softmax", SOFTMAX, Map.of("label_smoothing", 0.1),
                        CLASSES, INDEXES, crossEntropy(0.1)),
                Arguments.of("mse", new MeanSquaredErrorProvider(), Map.of(), NUMBERS, targets,
                        mean(targets, (y, x) -> (x - y) * (x - y))),
                Arguments.of("l2", new L2Provider(), Map.of(), NUMBERS, targets,
                        mean(targets, (y, x) -> (x - y) * (x - y))),
                Arguments.of("l1", new MeanAbsoluteErrorProvider(), Map.of(), NUMBERS, targets,
                        mean(targets, (y, x) -> Math.abs(x - y))),
                Arguments.of("huber", new HuberProvider(), Map.of("delta", 0.6), NUMBERS, targets,
                        mean(targets, (y, x) -> Math.abs(x - y) <= 0.6
                                ? (x - y) * (x - y) / 2 : 0.6 * (Math.abs(x - y) - 0.3))),
                Arguments.of("binary", new BinaryCrossEntropyProvider(), Map.of(), NUMBERS, probabilities,
                        mean(probabilities, LossesTest::binary)),
                Arguments.of("one against all", new BinaryCrossEntropyProvider(), Map.of(), CLASSES, INDEXES,
                        mean(new double[][] {{0, 0, 1}, {1, 0, 0}}, LossesTest::binary)),
                Arguments.of("hinge", new HingeProvider(), Map.of("margin", 0.7), NUMBERS, signs,
                        mean(signs, (y, x) -> Math.max(0, 0.7 - y * x))),
                Arguments.of("hinge of classes", new HingeProvider(), Map.of("margin", 2), CLASSES, INDEXES,
                        // row 1: max(0, 2-2+0.5) + 0; row 2: 2+0.75+3 and 2+0.75+0.125
                        (0.5 + 5.75 + 2.875) / 6),
                Arguments.of("hinge far off", new HingeProvider(), Map.of("margin", huge), CLASSES, INDEXES,
                        ((60 - 1.5) + (60 - 3.25) + (60 + 3.75) + (60 + 0.875)) / 6));
    }

    private interface Term {
        double of(double label, double prediction);
    }

    private static double mean(double[][] labels, Term term) {
        double sum = 0;
        for (int r = 0; r < 2; r++) {
            for (int c = 0; c < 3; c++) {
                sum += term.of(labels[r][c], LOGITS[r][c]);
            }
        }
        return sum / 6;
    }

    private static double binary(double y, double x) {
        double p = 1 / (1 + Math.exp(-x));
        return -y * Math.log(p) - (1 - y) * Math.log(1 - p);
    }

    private static double crossEntropy(double smoothing) {
        double loss = 0;
        for (int r = 0; r < 2; r++) {
            double total = 0;
            for (double x : LOGITS[r]) {
                total += Math.exp(x);
            }
            for (int c = 0; c < 3; c++) {
                double target = (c == INDEXES[r] ? 1 - smoothing : 0) + smoothing / 3;
                loss -= target * Math.log(Math.exp(LOGITS[r][c]) / total) / 2;
            }
        }
        return loss;
    }

    private NDArray labels(Object values) {
        return values instanceof double[][] rows ? manager.create(flat(rows), new Shape(2, 3))
                : manager.create((long[]) values);
    }

    private static double[] flat(double[][] rows) {
        return Stream.of(rows).flatMapToDouble(Arrays::stream).toArray();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void theValueIsTheFormulas(String name, LossProvider provider, Map<String, ?> options, SampleSpec samples,
            Object labels, double expected) {
        NDArray loss = create(provider, options, samples)
                .evaluate(labels(labels), manager.create(flat(LOGITS), new Shape(2, 3)));
        assertThat(loss.getShape()).isEqualTo(new Shape());
        assertThat(loss.getDouble()).isCloseTo(expected, within(1e-7));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void theGradientIsThatOfFiniteDifferences(String name, LossProvider provider, Map<String, ?> options,
            SampleSpec samples, Object labels, double expected) {
        Loss loss = create(provider, options, samples);
        NDArray targets = labels(labels);
        NDArray predictions = manager.create(flat(LOGITS), new Shape(2, 3));
        predictions.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(loss.evaluate(targets, predictions));
        }
        double[] gradient = predictions.getGradient().toDoubleArray();
        double step = 1e-5;
        for (int i = 0; i < 6; i++) {
            double[] up = flat(LOGITS);
            double[] down = flat(LOGITS);
            up[i] += step;
            down[i] -= step;
            double difference = loss.evaluate(targets, manager.create(up, new Shape(2, 3))).getDouble()
                    - loss.evaluate(targets, manager.create(down, new Shape(2, 3))).getDouble();
            assertThat(gradient[i]).as("%s at %d", name, i).isCloseTo(difference / (2 * step), within(1e-6));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void float32StaysFloat32(String name, LossProvider provider, Map<String, ?> options, SampleSpec samples,
            Object labels, double expected) {
        NDArray targets = labels(labels);
        if (labels instanceof double[][]) {
            targets = targets.toType(DataType.FLOAT32, false);
        }
        NDArray predictions = manager.create(flat(LOGITS), new Shape(2, 3))
                .toType(DataType.FLOAT32, false);
        NDArray loss = create(provider, options, samples).evaluate(targets, predictions);
        assertThat(loss.getDataType()).isEqualTo(DataType.FLOAT32);
        assertThat(loss.getFloat()).isCloseTo((float) expected, within(1e-5f));
    }

    @Test
    void largeLogitsOverflowNothing() {
        NDArray far = manager.create(new float[] {500, -500, 0, -500, 500, 0}, new Shape(2, 3));
        NDArray indexes = manager.create(new long[] {1, 1});
        assertThat(create(SOFTMAX, Map.of(), CLASSES).evaluate(indexes, far).getFloat())
                .isEqualTo(500);
        NDArray ones = manager.ones(new Shape(2, 3));
        assertThat(create(new BinaryCrossEntropyProvider(), Map.of(), NUMBERS).evaluate(ones, far).getFloat())
                .isCloseTo((1000 + 2 * (float) Math.log(2)) / 6, within(1e-3f));
    }

    @Test
    void optionsOutsideTheirRangeAreTheUsersError() {
        assertThatThrownBy(() -> create(SOFTMAX, Map.of("label_smoothing", 1), CLASSES))
                .isInstanceOf(UserError.class).hasMessageContaining("'label_smoothing' is 1.0");
        assertThatThrownBy(() -> create(new HuberProvider(), Map.of("delta", 0), NUMBERS))
                .isInstanceOf(UserError.class).hasMessageContaining("'delta' is 0.0");
    }
}
