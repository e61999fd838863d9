// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.swa.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link SwaHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "SWAHook",
        description =
                "Stochastic weight averaging: the equal average of the weights of several moments late in the run.")
public @interface SwaConfig {
    /** {@return the passes over the data before averaging starts} */
    @AttributeDefinition(
            name = "start_epoch",
            description = "Passes over the data before averaging starts. 0 = as start_iteration says; without both, "
                    + "three quarters of the run. Default 0.",
            min = "0")
    int startEpoch() default 0;

    /** {@return the iterations before averaging starts} */
    @AttributeDefinition(
            name = "start_iteration",
            description = "Iterations before averaging starts, instead of start_epoch. 0 = as start_epoch says. "
                    + "Default 0.",
            min = "0")
    long startIteration() default 0;

    /** {@return the time between two moments} */
    @AttributeDefinition(
            name = "interval",
            description = "Optimizer steps between two moments whose weights are averaged. 0 = at the end of each pass "
                    + "over the data. Default 0.",
            min = "0")
    long interval() default 0;

    /** {@return the learning rate while averaging} */
    @AttributeDefinition(
            name = "swa_lr",
            description = "Learning rate from the start of averaging on, whatever the schedule says. 0 = that of the "
                    + "schedule. Default 0.",
            min = "0")
    double swaLr() default 0;

    /** {@return whether evaluations see the average} */
    @AttributeDefinition(
            name = "evaluate",
            description = "Evaluate the average, once there is one, instead of the weights themselves. Default true.")
    boolean evaluate() default true;

    /** {@return whether the model ends with the average} */
    @AttributeDefinition(
            name = "apply_at_end",
            description = "Make the average the model's weights when the run has come to its end; not where it was "
                    + "stopped or failed, so that it can be resumed. Default true.")
    boolean applyAtEnd() default true;
}
