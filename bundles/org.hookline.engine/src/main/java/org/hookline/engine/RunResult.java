// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import java.util.List;
import java.util.Optional;
import org.hookline.api.facet.Evaluation;

/**
 * How a run ended.
 *
 * @param outcome how
 * @param reason why it was stopped, where it was
 * @param failure what failed it, where it failed; the message begins with the hook's name where a hook failed
 * @param iterations completed
 * @param seconds from start to end
 * @param evaluations the newest result of each split
 */
public record RunResult(
        Outcome outcome, Optional<String> reason, Optional<Throwable> failure, long iterations, double seconds,
        List<Evaluation.Result> evaluations) {
    /** How a run ends. */
    public enum Outcome {
        /** All its iterations were done. */
        COMPLETED,
        /** It was asked to stop. */
        STOPPED,
        /** It failed. */
        FAILED
    }
}
