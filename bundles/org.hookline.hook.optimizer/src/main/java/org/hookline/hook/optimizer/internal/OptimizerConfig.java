// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.optimizer.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The parameters of {@link OptimizerHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "OptimizerHook",
        description = "Zeroes the gradients, does backward, clips and steps; accumulates micro-batches.")
public @interface OptimizerConfig {
    /** {@return the largest global L2 norm, 0 for no limit} */
    @AttributeDefinition(
            name = "grad_clip.max_norm",
            description = "Largest L2 norm of all gradients together; clipped once for each optimizer step. "
                    + "0 = no limit. Default 0.",
            min = "0")
    double gradClip_maxNorm() default 0;

    /** {@return the largest absolute value of a gradient, 0 for no limit} */
    @AttributeDefinition(
            name = "grad_clip.value",
            description = "Largest absolute value of each single gradient, applied after max_norm. "
                    + "0 = no limit. Default 0.",
            min = "0")
    double gradClip_value() default 0;

    /** {@return what happens to a step whose gradients are not finite} */
    @AttributeDefinition(
            name = "on_nonfinite",
            description = "What to do when a gradient is infinite or NaN: ignore (nothing is read from the device), "
                    + "skip (leave this step out) or abort (fail the run). skip and abort read one value from the "
                    + "device for each optimizer step. Default ignore.",
            options = {@Option(value = "ignore"), @Option(value = "skip"), @Option(value = "abort")})
    String onNonfinite() default "ignore";

    /** {@return whether the norm of the gradients is logged} */
    @AttributeDefinition(
            name = "log_grad_norm",
            description = "Log the L2 norm of all gradients before clipping as grad_norm, at each optimizer step; "
                    + "it stays on the device until a logger reads it. Default true.")
    boolean logGradNorm() default true;
}
