// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.evaluate.internal;

import java.util.List;
import org.hookline.api.Progress;
import org.hookline.api.UserError;

/**
 * When what is evaluated.
 *
 * @param epochPeriod the number of epochs between two evaluations; 0 for none
 * @param iterPeriod the number of iterations between two evaluations; 0 for none
 * @param atStart whether before the first iteration
 * @param atEnd whether after the last one
 * @param splits the splits; empty for all
 */
public record EvaluateSettings(int epochPeriod, long iterPeriod, boolean atStart, boolean atEnd, List<String> splits) {

    /** After each epoch and at the end, all splits. */
    public static final EvaluateSettings DEFAULT = new EvaluateSettings(1, 0, false, true, List.of());

    /**
     * Checks the settings.
     *
     * @throws UserError if a period is negative
     */
    public EvaluateSettings {
        period("epoch_period", epochPeriod);
        period("iter_period", iterPeriod);
        splits = List.copyOf(splits);
    }

    private static void period(String key, long period) {
        if (period < 0) {
            throw new UserError("EvaluateHook: " + key + " is " + period + ", expected 1 or more, or 0 for none");
        }
    }

    static EvaluateSettings of(EvaluateConfig config) {
        return new EvaluateSettings(config.epochPeriod(), config.iterPeriod(), config.atStart(), config.atEnd(),
                List.of(config.splits()));
    }

    /**
     * Tells whether to evaluate after an iteration.
     *
     * @param p where the run is; the iteration is not counted yet
     * @return true where an evaluation is due and the end of the epoch, if this is it, will not do one itself
     */
    boolean afterIteration(Progress p) {
        boolean due = iterPeriod > 0 && (p.iteration() + 1) % iterPeriod == 0;
        if (p.mode() == Progress.Mode.BY_ITER) {
            return due || (atEnd && p.iteration() + 1 == p.iterations());
        }
        boolean epochEnds = p.innerIteration() + 1 == p.innerIterations();
        return due && !(epochEnds && afterEpoch(p));
    }

    /**
     * Tells whether to evaluate after an epoch.
     *
     * @param p where the run is; the epoch is not counted yet
     * @return true where an evaluation is due
     */
    boolean afterEpoch(Progress p) {
        return (epochPeriod > 0 && (p.epoch() + 1) % epochPeriod == 0) || (atEnd && p.epoch() + 1 == p.epochs());
    }
}
