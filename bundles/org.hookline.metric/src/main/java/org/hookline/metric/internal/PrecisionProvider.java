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

/** Of the samples predicted as a class, the part that is of it (hits / predicted). */
@Component(property = MetricProvider.TYPE + "=precision")
public final class PrecisionProvider implements MetricProvider {

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
        return ClassCounts.create(options, samples, manager, ClassCounts.Counts::precision);
    }
}
