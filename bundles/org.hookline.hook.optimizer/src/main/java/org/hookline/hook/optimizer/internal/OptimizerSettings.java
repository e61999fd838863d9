// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.optimizer.internal;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/**
 * How an optimizer step is done.
 *
 * @param maxNorm the largest global L2 norm of the gradients; 0 for no limit
 * @param maxValue the largest absolute value of a gradient; 0 for no limit
 * @param onNonfinite what happens when a gradient is infinite or NaN
 * @param logGradNorm whether {@code grad_norm} is logged
 */
public record OptimizerSettings(double maxNorm, double maxValue, NonFinite onNonfinite, boolean logGradNorm) {

    /** What happens when a gradient is infinite or NaN. */
    public enum NonFinite {
        /** Nothing; nothing is read from the device either. */
        IGNORE,
        /** The step is left out and counted as skipped. */
        SKIP,
        /** The run fails. */
        ABORT;

        static NonFinite parse(String text) {
            for (NonFinite policy : values()) {
                if (policy.key().equalsIgnoreCase(text.strip())) {
                    return policy;
                }
            }
            List<String> known = Arrays.stream(values()).map(NonFinite::key).toList();
            throw new UserError(
                    "OptimizerHook: on_nonfinite is '" + text + "'" + Nearest.suggest(text.strip(), known));
        }

        private String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** No clipping, no check, the norm is logged. */
    public static final OptimizerSettings DEFAULT = new OptimizerSettings(0, 0, NonFinite.IGNORE, true);

    /**
     * Checks the settings.
     *
     * @throws UserError if a limit is negative or not a number
     */
    public OptimizerSettings {
        limit("grad_clip.max_norm", maxNorm);
        limit("grad_clip.value", maxValue);
    }

    private static void limit(String key, double limit) {
        if (!(limit >= 0) || Double.isInfinite(limit)) {
            throw new UserError("OptimizerHook: " + key + " is " + limit
                    + ", expected a number above 0, or 0 to switch it off");
        }
    }

    static OptimizerSettings of(OptimizerConfig config) {
        return new OptimizerSettings(config.gradClip_maxNorm(), config.gradClip_value(),
                NonFinite.parse(config.onNonfinite()), config.logGradNorm());
    }
}
