// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.terminateonnan.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link TerminateOnNanHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "TerminateOnNaNHook",
        description = "Fails the run when the training loss is infinite or NaN.")
public @interface TerminateOnNanConfig {
    /** {@return the time between two checks} */
    @AttributeDefinition(
            name = "period",
            description = "Iterations between two checks; each looks at all values since the one before and reads the "
                    + "device once. The last iteration of a pass over the data is checked in any case, before a "
                    + "checkpoint of it is written. Default 10, as PeriodicLogger, which then reads nothing more.",
            min = "1")
    int period() default 10;

    /** {@return the metric} */
    @AttributeDefinition(name = "metric", description = "The metric that is checked. Default loss.")
    String metric() default "loss";
}
