// SPDX-License-Identifier: Apache-2.0
package org.hookline.metric.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.hookline.api.UserError;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Metric;
import org.hookline.api.model.MetricProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/**
 * The part of the samples whose class is among the k highest predictions. Of equal predictions the first classes come
 * first, so that k = 1 is the accuracy; a prediction that is not a number is never a hit.
 */
@Component(property = MetricProvider.TYPE + "=top_k")
public final class TopKProvider implements MetricProvider {

    @Override
    public List<Option> options() {
        return List.of(Option.of("k", Option.Type.INTEGER, 5, "number of highest predictions that count as a hit"));
    }

    @Override
    public boolean higherIsBetter() {
        return true;
    }

    @Override
    public Metric create(Options options, SampleSpec samples, NDManager manager) {
        Samples.mustHaveClasses(options, samples);
        int k = options.integer("k", 1, Integer.MAX_VALUE);
        if (k > samples.classes().size()) {
            throw new UserError(options.owner() + ": option 'k' is " + k + ", but there are " + samples.classes().size()
                    + " classes");
        }
        return new TopK(manager, k, samples.classes().size());
    }

    private static final class TopK implements Metric {
        private final NDArray classes;
        private final NDArray limit;
        private final DeviceSum hits;
        private long count;

        TopK(NDManager manager, int k, int classes) {
            try (NDArray row = manager.arange(0, classes, 1, DataType.INT64)) {
                this.classes = row.expandDims(0);
            }
            this.limit = manager.create((long) k);
            this.hits = new DeviceSum(manager, DataType.INT64, new Shape());
        }

        @Override
        public void add(NDArray labels, NDArray predictions) {
            // The place of the true class: how many come before it. Negated, so that NaN comes before everything.
            try (NDArray column = labels.expandDims(1);
                    NDArray own = predictions.gather(column, 1);
                    NDArray lower = predictions.lt(own);
                    NDArray notHigher = predictions.lte(own);
                    NDArray reaches = lower.logicalNot();
                    NDArray exceeds = notHigher.logicalNot();
                    NDArray earlier = classes.lt(column);
                    NDArray before = NDArrays.where(earlier, reaches, exceeds);
                    NDArray place = before.sum(new int[] {1});
                    NDArray among = place.lt(limit)) {
                hits.take(among.sum());
            }
            count += labels.size();
        }

        @Override
        public double value() {
            return hits.read()[0] / count;
        }

        @Override
        public void close() {
            hits.close();
            limit.close();
            classes.close();
        }
    }
}
