// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.throughput.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link ThroughputHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "ThroughputHook",
        description = "Logs samples, and where the model tells floating-point operations, per second over a window.")
public @interface ThroughputConfig {
    /** {@return the window} */
    @AttributeDefinition(
            name = "window",
            description = "Number of newest iterations over which is measured. Default 50.",
            min = "1")
    int window() default 50;

    /** {@return the time between two values} */
    @AttributeDefinition(
            name = "period",
            description = "Iterations between two values. Default 10.",
            min = "1")
    int period() default 10;

    /** {@return what the device can do} */
    @AttributeDefinition(
            name = "peak_tflops",
            description =
                    "Peak of the device in 10^12 floating-point operations per second in the run's precision, for "
                    + "throughput/mfu, the share of it that the model uses. 0 = not logged. Default 0.",
            min = "0")
    double peakTflops() default 0;
}
