// SPDX-License-Identifier: Apache-2.0
package org.hookline.metric.internal;

import ai.djl.ndarray.NDManager;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.model.Metric;
import org.hookline.api.model.MetricProvider;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.service.component.annotations.Component;

/** The harmonic mean of precision and recall (2 hits / (predicted + actual)). */
@Component(property = MetricProvider.TYPE + "=f1")
public final class F1Provider implements MetricProvider {

    @Override
    public List<Option> options() {
        return ClassCounts.options();
    }

    @Override
    public boolean higherIsBetter() {
        return true;
    }

    @Override
    public Metric create(Options options, SampleSpec samples, NDManager manager) {
        return ClassCounts.create(options, samples, manager, ClassCounts.Counts::f1);
    }
}
