// SPDX-License-Identifier: Apache-2.0
package org.hookline.metric.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Metric;
import org.hookline.api.model.MetricProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/** The root of the mean of the squared errors, in the unit of the targets. */
@Component(property = MetricProvider.TYPE + "=rmse")
public final class RmseProvider implements MetricProvider {

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public boolean higherIsBetter() {
        return false;
    }

    @Override
    public boolean isDefaultFor(SampleSpec samples) {
        return !samples.isClassification();
    }

    @Override
    public Metric create(Options options, SampleSpec samples, NDManager manager) {
        Samples.mustHaveNumbers(options, samples);
        return new MeanError(manager, NDArray::square, Math::sqrt);
    }
}
