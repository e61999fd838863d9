// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.fp16optimizer.internal;

import org.hookline.stepping.Clipping;
import org.hookline.stepping.NonFinite;

/**
 * How an optimizer step in mixed precision is done.
 *
 * @param scale how the loss scale of fp16 moves
 * @param clipping the limits of the gradients
 * @param onNonfinite what happens in bf16 when a gradient is infinite or NaN
 */
record Fp16OptimizerSettings(LossScale.Settings scale, Clipping clipping, NonFinite onNonfinite) {
    private static final String HOOK = "Fp16OptimizerHook";

    /** As {@code torch.amp.GradScaler} has it; no clipping. */
    static final Fp16OptimizerSettings DEFAULT =
            new Fp16OptimizerSettings(LossScale.Settings.DEFAULT, Clipping.NONE, NonFinite.IGNORE);

    static Fp16OptimizerSettings of(Fp16OptimizerConfig config) {
        return new Fp16OptimizerSettings(
                new LossScale.Settings(config.initScale(), config.growthFactor(), config.backoffFactor(),
                        config.growthInterval(), config.minScale()),
                Clipping.of(HOOK, config.gradClip_maxNorm(), config.gradClip_value(), config.logGradNorm()),
                NonFinite.parse(HOOK, config.onNonfinite()));
    }
}
