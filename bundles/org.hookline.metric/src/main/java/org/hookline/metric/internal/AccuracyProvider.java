// SPDX-License-Identifier: Apache-2.0
package org.hookline.metric.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Metric;
import org.hookline.api.model.MetricProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/** The part of the samples whose class has the highest prediction; of equal ones the first class counts. */
@Component(property = MetricProvider.TYPE + "=accuracy")
public final class AccuracyProvider implements MetricProvider {

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public boolean higherIsBetter() {
        return true;
    }

    @Override
    public boolean isDefaultFor(SampleSpec samples) {
        return samples.isClassification();
    }

    @Override
    public Metric create(Options options, SampleSpec samples, NDManager manager) {
        Samples.mustHaveClasses(options, samples);
        return new Accuracy(manager);
    }

    private static final class Accuracy implements Metric {
        private final DeviceSum correct;
        private long count;

        Accuracy(NDManager manager) {
            correct = new DeviceSum(manager, DataType.INT64, new Shape());
        }

        @Override
        public void add(NDArray labels, NDArray predictions) {
            try (NDArray predicted = predictions.argMax(1); NDArray hits = predicted.eq(labels)) {
                correct.take(hits.sum());
            }
            count += labels.size();
        }

        @Override
        public double value() {
            return correct.read()[0] / count;
        }

        @Override
        public void close() {
            correct.close();
        }
    }
}
