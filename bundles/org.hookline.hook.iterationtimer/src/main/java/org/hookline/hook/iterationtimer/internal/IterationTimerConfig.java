// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.iterationtimer.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link IterationTimerHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "IterationTimerHook",
        description = "Measures iterations: their time, the wait for data, the step, samples per second.")
public @interface IterationTimerConfig {
    /** {@return how many iterations at the start are left out of the summary} */
    @AttributeDefinition(
            name = "warmup",
            description = "Iterations at the start of the run that the summary leaves out, from the count and from "
                    + "the time: the JVM compiles and the device library tunes itself. Default 10.",
            min = "0")
    int warmup() default 10;
}
