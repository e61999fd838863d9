// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import org.hookline.api.Metrics;
import org.hookline.api.Progress;
import org.hookline.api.facet.Evaluation;
import org.osgi.annotation.versioning.ProviderType;

/** What the loop offers to a {@link TrainingTask}. Training thread only. */
@ProviderType
public interface TaskLink {
    /** {@return where the run is} */
    Progress progress();

    /** {@return the scalars of the run} */
    Metrics metrics();

    /** To be called after each real optimizer step: counts it and calls {@code afterOptimizerStep} of all hooks. */
    void optimizerStepped();

    /**
     * Asks to be told of the calls of hooks, or no longer.
     *
     * @param listener replaces the one before; null for nobody
     */
    default void spans(SpanListener listener) {}

    /** To be called before an evaluation pass: calls {@code beforeEvaluate} of all hooks. */
    void evaluationStarts();

    /**
     * To be called after an evaluation pass: puts the values into the metrics as {@code <split>/<metric>}, records the
     * event and calls {@code afterEvaluate} of all hooks.
     *
     * @param result what was found
     */
    void evaluationEnded(Evaluation.Result result);
}
