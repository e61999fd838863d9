// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.commonmetriclogger.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The parameters of {@link CommonMetricLoggerHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "CommonMetricLoggerHook",
        description = "Shows the training: a progress bar on a terminal, plain lines elsewhere.")
public @interface CommonMetricLoggerConfig {
    /** {@return the look of the progress bar} */
    @AttributeDefinition(
            name = "bar",
            description = "Look of the progress bar on a terminal: unicode, ascii, none, or auto (unicode, but ascii "
                    + "on the Linux console). Default auto.",
            options = {@Option(value = "auto"), @Option(value = "unicode"), @Option(value = "ascii"),
                @Option(value = "none")})
    String bar() default "auto";

    /** {@return the time between two plain lines} */
    @AttributeDefinition(
            name = "interval",
            description = "Seconds between two lines of training where the output is not a terminal; ends of epochs "
                    + "and evaluations are always shown. 0 = a line for each logging period. Default 10.",
            min = "0")
    double interval() default 10;

    /** {@return more scalars to show} */
    @AttributeDefinition(
            name = "scalars",
            description = "Names of more scalars to show, such as grad_norm, beside the losses, the learning rate and "
                    + "samples per second. Default empty.")
    String[] scalars() default {};
}
