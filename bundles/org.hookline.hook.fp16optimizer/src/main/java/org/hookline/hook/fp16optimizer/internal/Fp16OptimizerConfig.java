// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.fp16optimizer.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The parameters of {@link Fp16OptimizerHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "Fp16OptimizerHook",
        description = "OptimizerHook for precision fp16 or bf16: with fp16 the loss is scaled dynamically.")
public @interface Fp16OptimizerConfig {
    /** {@return the scale of the loss at the start} */
    @AttributeDefinition(
            name = "init_scale",
            description = "fp16: factor of the loss at the start. Default 65536.",
            min = "0")
    double initScale() default 65536;

    /** {@return by what the scale grows} */
    @AttributeDefinition(
            name = "growth_factor",
            description = "fp16: by what the scale is multiplied after growth_interval finite steps. Default 2.",
            min = "1")
    double growthFactor() default 2;

    /** {@return by what the scale shrinks} */
    @AttributeDefinition(
            name = "backoff_factor",
            description = "fp16: by what the scale is multiplied when a gradient is not finite. Default 0.5.",
            min = "0",
            max = "1")
    double backoffFactor() default 0.5;

    /** {@return the number of finite steps in a row after which the scale grows} */
    @AttributeDefinition(
            name = "growth_interval",
            description = "fp16: optimizer steps in a row with finite gradients after which the scale grows. "
                    + "Default 2000.",
            min = "1")
    long growthInterval() default 2000;

    /** {@return the scale below which the run fails} */
    @AttributeDefinition(
            name = "min_scale",
            description = "fp16: the run fails when the scale falls below this, because then something else makes the "
                    + "gradients infinite. 0 = never. Default 0.0001.",
            min = "0")
    double minScale() default 1e-4;

    /** {@return the largest global L2 norm, 0 for no limit} */
    @AttributeDefinition(
            name = "grad_clip.max_norm",
            description = "Largest L2 norm of all gradients together, without the loss scale; clipped once for each "
                    + "optimizer step. 0 = no limit. Default 0.",
            min = "0")
    double gradClip_maxNorm() default 0;

    /** {@return the largest absolute value of a gradient, 0 for no limit} */
    @AttributeDefinition(
            name = "grad_clip.value",
            description = "Largest absolute value of each single gradient, without the loss scale, applied after "
                    + "max_norm. 0 = no limit. Default 0.",
            min = "0")
    double gradClip_value() default 0;

    /** {@return what happens in bf16 to a step whose gradients are not finite} */
    @AttributeDefinition(
            name = "on_nonfinite",
            description = "bf16: what to do when a gradient is infinite or NaN: ignore (nothing is read from the "
                    + "device), "
                    + "skip (leave this step out) or abort (fail the run). With fp16 such a step is always left out. "
                    + "Default ignore.",
            options = {@Option(value = "ignore"), @Option(value = "skip"), @Option(value = "abort")})
    String onNonfinite() default "ignore";

    /** {@return whether the norm of the gradients is logged} */
    @AttributeDefinition(
            name = "log_grad_norm",
            description =
                    "Log the L2 norm of all gradients, without the loss scale and before clipping, as grad_norm at "
                    + "each optimizer step; it stays on the device until a logger reads it. Default true.")
    boolean logGradNorm() default true;
}
