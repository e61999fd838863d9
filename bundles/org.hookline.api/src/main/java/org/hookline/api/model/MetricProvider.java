// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.model;

import ai.djl.ndarray.NDManager;
import java.util.List;
import org.hookline.api.data.SampleSpec;
import org.hookline.api.options.Option;
import org.hookline.api.options.Options;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A kind of metric, as a service: {@code metrics:} in run files names its service property {@value #TYPE}. For any
 * thread.
 */
@ConsumerType
public interface MetricProvider {
    /** Service property (String): the name in run files. */
    String TYPE = "hookline.metric";

    /** {@return the options it takes} */
    List<Option> options();

    /** {@return whether a higher value is better} */
    boolean higherIsBetter();

    /**
     * Tells whether this metric is meant for such samples, so that it is computed when the run file names none.
     *
     * @param samples what is evaluated
     * @return true for a default metric of such samples
     */
    default boolean isDefaultFor(SampleSpec samples) {
        return false;
    }

    /**
     * Makes a metric for one evaluation pass.
     *
     * @param options the checked options
     * @param samples what is evaluated
     * @param manager of the run's device; closed after the pass
     * @return the metric
     * @throws org.hookline.api.UserError if it does not fit the labels
     */
    Metric create(Options options, SampleSpec samples, NDManager manager);
}
