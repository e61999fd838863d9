// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.emaiter.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link EmaIterHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "EMAIterHook",
        description = "Keeps an exponential moving average of the weights, updated after optimizer steps, and "
                + "evaluates it.")
public @interface EmaIterConfig {
    /** {@return how much of the average stays at each update} */
    @AttributeDefinition(
            name = "decay",
            description = "Share of the average that stays at each update, 0 to below 1. Default 0.9999.",
            min = "0",
            max = "1")
    double decay() default 0.9999;

    /** {@return whether the decay rises at the beginning} */
    @AttributeDefinition(
            name = "warmup",
            description = "Let the decay rise at the beginning: min(decay, (1 + n) / (10 + n)) at the update after n "
                    + "others, so that a short run does not average its first weights. Default true.")
    boolean warmup() default true;

    /** {@return the number of steps before the average starts} */
    @AttributeDefinition(
            name = "start",
            description = "Optimizer steps before the average starts, as a copy of the weights of that moment. "
                    + "Default 0.",
            min = "0")
    long start() default 0;

    /** {@return the time between two updates} */
    @AttributeDefinition(
            name = "interval",
            description = "Optimizer steps between two updates. Default 1.",
            min = "1")
    int interval() default 1;

    /** {@return whether evaluations see the average} */
    @AttributeDefinition(
            name = "evaluate",
            description = "Evaluate the average instead of the weights themselves. Default true.")
    boolean evaluate() default true;
}
