// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.stopat.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link StopAtHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "StopAtHook",
        description = "Stops the run after a time, at an iteration, or when a metric has reached a value.")
public @interface StopAtConfig {
    /** {@return the time} */
    @AttributeDefinition(
            name = "time",
            description =
                    "Time since this process started the run, such as 2h30m, 90m, 45s or 1d; a resumed run counts "
                    + "anew. Empty = no limit. Default empty.")
    String time() default "";

    /** {@return the iteration} */
    @AttributeDefinition(
            name = "iteration",
            description = "Stop when so many iterations are done. 0 = no limit. Default 0.",
            min = "0")
    long iteration() default 0;

    /** {@return the condition} */
    @AttributeDefinition(
            name = "metric",
            description = "Stop when a metric has reached a value: 'test/accuracy >= 0.98' after each evaluation, "
                    + "'loss <= 0.1' every period iterations. Empty = none. Default empty.")
    String metric() default "";

    /** {@return the time between two looks at a metric of the training} */
    @AttributeDefinition(
            name = "period",
            description = "Iterations between two looks at a metric that is not of an evaluation; it is the median of "
                    + "the values since the last look, and the device is read once for each. Default 10.",
            min = "1")
    int period() default 10;

    /** {@return whether a checkpoint is asked for} */
    @AttributeDefinition(
            name = "checkpoint",
            description = "Ask for a checkpoint of the moment of the stop. Default true.")
    boolean checkpoint() default true;
}
