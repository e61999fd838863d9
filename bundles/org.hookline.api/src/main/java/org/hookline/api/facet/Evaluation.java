// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.facet;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Evaluation of the current weights. It changes nothing of the training: not the weights, not the buffers, not the
 * random numbers. Training thread only.
 */
@ProviderType
public interface Evaluation {
    /** {@return the names of the splits that can be evaluated, for example {@code validation} and {@code test}} */
    List<String> splits();

    /**
     * Evaluates a split; {@code beforeEvaluate} and {@code afterEvaluate} of all hooks are called round it. The results
     * are also put into the metrics, as {@code <split>/<metric>}.
     *
     * @param split one of {@link #splits()}
     * @return the result
     * @throws IllegalArgumentException if there is no such split
     */
    Result evaluate(String split);

    /** {@return the newest result of each split, oldest first} */
    List<Result> latest();

    /** {@return the metrics that are computed} */
    List<MetricInfo> metrics();

    /**
     * What an evaluation found.
     *
     * @param split the split
     * @param epoch the epoch in which it was done, from 0
     * @param iteration the number of iterations completed when it was done
     * @param samples how many samples were seen
     * @param seconds how long it took
     * @param values by metric, {@code loss} among them
     */
    record Result(
            String split, int epoch, long iteration, long samples, double seconds, Map<String, Double> values) {}

    /**
     * A metric.
     *
     * @param name its name
     * @param higherIsBetter whether a higher value is better
     */
    record MetricInfo(String name, boolean higherIsBetter) {}
}
