// SPDX-License-Identifier: Apache-2.0
package org.hookline.stepping;

import ai.djl.ndarray.NDArray;
import java.util.OptionalDouble;
import org.hookline.api.TrainingContext;
import org.hookline.api.UserError;
import org.hookline.api.facet.Gradients;

/**
 * Clipping of the gradients of a whole optimizer step.
 *
 * @param maxNorm the largest global L2 norm of the gradients; 0 for no limit
 * @param maxValue the largest absolute value of a gradient; 0 for no limit
 * @param logNorm whether the norm before clipping is logged as {@code grad_norm}
 */
public record Clipping(double maxNorm, double maxValue, boolean logNorm) {
    private static final String GRAD_NORM = "grad_norm";

    /** No limit; the norm is logged. */
    public static final Clipping NONE = new Clipping(0, 0, true);

    /**
     * Checks the limits as a run file gives them.
     *
     * @param hook the hook's type, for the message
     * @param maxNorm {@code grad_clip.max_norm}
     * @param maxValue {@code grad_clip.value}
     * @param logNorm {@code log_grad_norm}
     * @return the clipping
     * @throws UserError if a limit is negative or not a number
     */
    public static Clipping of(String hook, double maxNorm, double maxValue, boolean logNorm) {
        limit(hook, "grad_clip.max_norm", maxNorm);
        limit(hook, "grad_clip.value", maxValue);
        return new Clipping(maxNorm, maxValue, logNorm);
    }

    private static void limit(String hook, String key, double limit) {
        if (!(limit >= 0) || Double.isInfinite(limit)) {
            throw new UserError(hook + ": " + key + " is " + limit
                    + ", expected a number above 0, or 0 to switch it off");
        }
    }

    /** Norm first: limiting values afterwards only makes the norm smaller, so both limits hold at the end. */
    void apply(TrainingContext context, Gradients gradients) {
        if (maxNorm > 0) {
            log(context, gradients.clipByNorm(maxNorm));
        } else {
            log(context, gradients);
        }
        if (maxValue > 0) {
            gradients.clipByValue(maxValue);
        }
    }

    void log(TrainingContext context, Gradients gradients) {
        if (!logNorm) {
            return;
        }
        OptionalDouble atHand = gradients.normAtHand();
        if (atHand.isPresent()) {
            context.metrics().put(GRAD_NORM, atHand.getAsDouble());
        } else {
            log(context, gradients.norm());
        }
    }

    private void log(TrainingContext context, NDArray norm) {
        if (logNorm) {
            context.metrics().put(GRAD_NORM, norm);
        } else {
            norm.close();
        }
    }
}
