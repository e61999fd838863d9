// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.optimizer.internal;

import org.hookline.stepping.Clipping;
import org.hookline.stepping.NonFinite;

/**
 * How an optimizer step is done.
 *
 * @param clipping the limits of the gradients
 * @param onNonfinite what happens when a gradient is infinite or NaN
 */
public record OptimizerSettings(Clipping clipping, NonFinite onNonfinite) {
    private static final String HOOK = "OptimizerHook";

    /** No clipping, no check, the norm is logged. */
    public static final OptimizerSettings DEFAULT = new OptimizerSettings(Clipping.NONE, NonFinite.IGNORE);

    /**
     * Makes settings.
     *
     * @param maxNorm the largest global L2 norm of the gradients; 0 for no limit
     * @param maxValue the largest absolute value of a gradient; 0 for no limit
     * @param onNonfinite what happens when a gradient is infinite or NaN
     * @param logGradNorm whether {@code grad_norm} is logged
     * @throws org.hookline.api.UserError if a limit is negative or not a number
     */
    public OptimizerSettings(double maxNorm, double maxValue, NonFinite onNonfinite, boolean logGradNorm) {
        this(Clipping.of(HOOK, maxNorm, maxValue, logGradNorm), onNonfinite);
    }

    static OptimizerSettings of(OptimizerConfig config) {
        return new OptimizerSettings(config.gradClip_maxNorm(), config.gradClip_value(),
                NonFinite.parse(HOOK, config.onNonfinite()), config.logGradNorm());
    }
}
