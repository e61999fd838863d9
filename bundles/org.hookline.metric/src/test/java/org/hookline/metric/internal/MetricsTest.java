// SPDX-License-Identifier: Apache-2.0
package org.hookline.metric.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Metric;
import org.hookline.api.model.MetricProvider;
import org.hookline.api.options.Options;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private static final SampleSpec CLASSES =
            SampleSpec.classification(new Shape(2), List.of("ant", "bee", "cat", "dog"));
    private static final SampleSpec NUMBERS = SampleSpec.regression(new Shape(2), 2);

    private final NDManager manager = NDManager.newBaseManager(Device.cpu());

    @AfterEach
    void close() {
        manager.close();
    }

    private static Options options(MetricProvider provider, Map<String, ?> values) {
        return Options.of("metric x", Path.of("."), provider.options(), values);
    }

    /** Scores given classes: a sample is said to be of class p by a one at p. */
    private double classified(MetricProvider provider, Map<String, ?> options, long[] actual, int[] predicted) {
        try (Metric metric = provider.create(options(provider, options), CLASSES, manager)) {
            // In batches of 3 and a rest, as an evaluation does.
            for (int from = 0; from < actual.length; from += 3) {
                int to = Math.min(from + 3, actual.length);
                float[] rows = new float[(to - from) * 4];
                for (int i = from; i < to; i++) {
                    rows[(i - from) * 4 + predicted[i]] = 1;
                }
                metric.add(manager.create(Arrays.copyOfRange(actual, from, to)),
                        manager.create(rows, new Shape(to - from, 4)));
            }
            return metric.value();
        }
    }

    private double scored(MetricProvider provider, Map<String, ?> options, long[] labels, float[]... rows) {
        try (Metric metric = provider.create(options(provider, options), CLASSES, manager)) {
            metric.add(manager.create(labels), manager.create(rows));
            return metric.value();
        }
    }

    @Test
    void accuracyIsThePartOfHitsOverAllBatches() {
        long[] actual = {0, 1, 2, 2, 0, 1, 2};
        int[] predicted = {0, 2, 2, 2, 1, 1, 0};
        assertThat(classified(new AccuracyProvider(), Map.of(), actual, predicted)).isEqualTo(4.0 / 7);
    }

    @Test
    void ofEqualPredictionsTheFirstClassCounts() {
        float[] tie = {0.5f, 0.5f, 0.1f, 0.5f};
        assertThat(scored(new AccuracyProvider(), Map.of(), new long[] {0}, tie)).isEqualTo(1);
        assertThat(scored(new AccuracyProvider(), Map.of(), new long[] {1}, tie)).isZero();
        assertThat(scored(new TopKProvider(), Map.of("k", 1), new long[] {0}, tie)).isEqualTo(1);
        assertThat(scored(new TopKProvider(), Map.of("k", 1), new long[] {1}, tie)).isZero();
        assertThat(scored(new TopKProvider(), Map.of("k", 2), new long[] {1}, tie)).isEqualTo(1);
        assertThat(scored(new TopKProvider(), Map.of("k", 2), new long[] {3}, tie)).isZero();
        assertThat(scored(new TopKProvider(), Map.of("k", 3), new long[] {3}, tie)).isEqualTo(1);
    }

    @Test
    void topKCountsTheKHighest() {
        float[] row = {0.1f, 0.4f, 0.3f, 0.2f};
        for (int k = 1; k <= 4; k++) {
            // In order of prediction: 1, 2, 3, 0.
            assertThat(scored(new TopKProvider(), Map.of("k", k), new long[] {1, 2, 3, 0}, row, row, row, row))
                    .isEqualTo(k / 4.0);
        }
    }

    @Test
    void predictionsThatAreNoNumbersAreNoTopKHits() {
        float[] broken = {Float.NaN, Float.NaN, Float.NaN, Float.NaN};
        assertThat(scored(new TopKProvider(), Map.of("k", 3), new long[] {0, 3}, broken, broken)).isZero();
    }

    @Test
    void moreThanAllClassesIsTheUsersError() {
        assertThatThrownBy(() -> scored(new TopKProvider(), Map.of("k", 5), new long[] {0}, new float[4]))
                .isInstanceOf(UserError.class).hasMessage("metric x: option 'k' is 5, but there are 4 classes");
    }

    // Hits, predicted and actual of ant: 2, 3, 2; bee: 1, 2, 3; cat: 1, 1, 1; dog: never.
    private static final long[] ACTUAL = {0, 0, 1, 1, 1, 2};
    private static final int[] PREDICTED = {0, 0, 1, 0, 3, 2};

    @Test
    void precisionIsWorkedOutByClass() {
        // ant 2/3, bee 1/1, cat 1/1, dog 0/1 (predicted once, never true)
        assertThat(average(new PrecisionProvider(), "macro")).isCloseTo((2.0 / 3 + 1 + 1 + 0) / 4, within(1e-12));
        assertThat(average(new PrecisionProvider(), "micro")).isCloseTo(4.0 / 6, within(1e-12));
        assertThat(average(new PrecisionProvider(), "weighted"))
                .isCloseTo((2 * 2.0 / 3 + 3 * 1 + 1 * 1) / 6, within(1e-12));
    }

    @Test
    void recallIsWorkedOutByClass() {
        // ant 2/2, bee 1/3, cat 1/1, dog 0/0 counts as 0
        assertThat(average(new RecallProvider(), "macro")).isCloseTo((1 + 1.0 / 3 + 1 + 0) / 4, within(1e-12));
        assertThat(average(new RecallProvider(), "micro")).isCloseTo(4.0 / 6, within(1e-12));
        assertThat(average(new RecallProvider(), "weighted")).isCloseTo((2 + 1 + 1) / 6.0, within(1e-12));
    }

    @Test
    void f1IsWorkedOutByClass() {
        // 2 hits / (predicted + actual): ant 4/5, bee 2/4, cat 2/2, dog 0/1
        assertThat(average(new F1Provider(), "macro")).isCloseTo((0.8 + 0.5 + 1 + 0) / 4, within(1e-12));
        assertThat(average(new F1Provider(), "micro")).isCloseTo(4.0 / 6, within(1e-12));
        assertThat(average(new F1Provider(), "weighted")).isCloseTo((2 * 0.8 + 3 * 0.5 + 1) / 6, within(1e-12));
    }

    private double average(MetricProvider provider, String average) {
        return classified(provider, Map.of("average", average), ACTUAL, PREDICTED);
    }

    @Test
    void classesThatNeverOccurAreLeftOutOfTheMean() {
        long[] actual = {0, 0, 1};
        int[] predicted = {0, 1, 1};
        // cat and dog are neither true nor predicted; ant 1/2 and bee 1/1.
        assertThat(classified(new RecallProvider(), Map.of(), actual, predicted)).isEqualTo(0.75);
    }

    @Test
    void oneClassCanBeScored() {
        assertThat(classified(new RecallProvider(), Map.of("class", "bee"), ACTUAL, PREDICTED))
                .isCloseTo(1.0 / 3, within(1e-12));
        assertThatThrownBy(() -> classified(new RecallProvider(), Map.of("class", "cow"), ACTUAL, PREDICTED))
                .isInstanceOf(UserError.class)
                .hasMessageStartingWith("metric x: there is no class 'cow'; did you mean");
    }

    private double errors(MetricProvider provider, float[] labels, float[] predictions) {
        try (Metric metric = provider.create(options(provider, Map.of()), NUMBERS, manager)) {
            for (int i = 0; i < labels.length; i += 2) {
                metric.add(manager.create(new float[] {labels[i], labels[i + 1]}, new Shape(1, 2)),
                        manager.create(new float[] {predictions[i], predictions[i + 1]}, new Shape(1, 2)));
            }
            return metric.value();
        }
    }

    @Test
    void errorsAreMeansOverAllTargetValues() {
        float[] labels = {1, 2, 3, 4, 5, 6};
        float[] predictions = {1, 4, 3, 1, 5, 5};
        // errors 0, 2, 0, -3, 0, -1
        assertThat(errors(new MaeProvider(), labels, predictions)).isEqualTo(1.0);
        assertThat(errors(new RmseProvider(), labels, predictions)).isCloseTo(Math.sqrt(14.0 / 6), within(1e-7));
    }

    @Test
    void manyBatchesLoseNothing() {
        try (Metric metric = new MaeProvider().create(options(new MaeProvider(), Map.of()), NUMBERS, manager)) {
            NDArray labels = manager.zeros(new Shape(1, 2));
            NDArray large = manager.create(new float[] {1e8f, 1e8f}, new Shape(1, 2));
            NDArray small = manager.create(new float[] {1, 1}, new Shape(1, 2));
            metric.add(labels, large);
            for (int i = 0; i < 1000; i++) {
                metric.add(labels, small);
            }
            // In float32 the ones would vanish beside 2e8.
            assertThat(metric.value()).isCloseTo((2e8 + 2000) / 2002, within(1e-6));
        }
    }

    @Test
    void addingLeavesNoArraysBehind() {
        Stream<MetricProvider> all = Stream.of(new AccuracyProvider(), new TopKProvider(), new F1Provider());
        all.forEach(provider -> {
            Map<String, ?> values = provider instanceof TopKProvider ? Map.of("k", 2) : Map.of();
            int atFirst = manager.getManagedArrays().size();
            try (NDManager batch = manager.newSubManager();
                    Metric metric = provider.create(options(provider, values), CLASSES, manager)) {
                NDArray labels = batch.create(new long[] {0, 1});
                NDArray predictions = batch.create(new float[8], new Shape(2, 4));
                int before = batch.getManagedArrays().size() + manager.getManagedArrays().size();
                for (int i = 0; i < 10; i++) {
                    metric.add(labels, predictions);
                }
                assertThat(batch.getManagedArrays().size() + manager.getManagedArrays().size())
                        .as(provider.getClass().getSimpleName()).isEqualTo(before);
            }
            assertThat(manager.getManagedArrays()).hasSize(atFirst);
        });
    }

    @Test
    void withoutSamplesThereIsNoScore() {
        for (MetricProvider provider : List.of(new AccuracyProvider(), new F1Provider(), new PrecisionProvider())) {
            try (Metric metric = provider.create(options(provider, Map.of()), CLASSES, manager)) {
                assertThat(metric.value()).isNaN();
            }
        }
    }

    @Test
    void defaultsFollowTheLabels() {
        assertThat(new AccuracyProvider().isDefaultFor(CLASSES)).isTrue();
        assertThat(new AccuracyProvider().isDefaultFor(NUMBERS)).isFalse();
        assertThat(new MaeProvider().isDefaultFor(NUMBERS)).isTrue();
        assertThat(new RmseProvider().isDefaultFor(NUMBERS)).isTrue();
        assertThat(new RmseProvider().isDefaultFor(CLASSES)).isFalse();
        assertThat(new F1Provider().isDefaultFor(CLASSES)).isFalse();
        assertThat(new AccuracyProvider().higherIsBetter()).isTrue();
        assertThat(new RmseProvider().higherIsBetter()).isFalse();
    }

    @Test
    void metricsForOtherLabelsAreRefused() {
        assertThatThrownBy(() -> new AccuracyProvider().create(options(new AccuracyProvider(), Map.of()), NUMBERS,
                manager)).isInstanceOf(UserError.class)
                .hasMessage("metric x: it is for classes, but the labels are 2 numbers; use mae or rmse");
        assertThatThrownBy(() -> new MaeProvider().create(options(new MaeProvider(), Map.of()), CLASSES, manager))
                .isInstanceOf(UserError.class).hasMessageContaining("it is for numbers, but the labels are 4 classes");
    }
}
