// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.momentumscheduler.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The parameters of {@link MomentumSchedulerHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "MomentumSchedulerHook",
        description = "Sets the momentum of SGD, or beta1 of Adam and AdamW, for each optimizer step and logs it.")
public @interface MomentumSchedulerConfig {
    /** {@return the kind of schedule} */
    @AttributeDefinition(
            name = "schedule",
            description = "linear and cosine go from start to end; cyclic goes from start to end and back, in straight "
                    + "lines, again and again. Default cosine.",
            options = {@Option(value = "linear"), @Option(value = "cosine"), @Option(value = "cyclic")})
    String schedule() default "cosine";

    /** {@return the first momentum} */
    @AttributeDefinition(
            name = "start",
            description = "First momentum, below 1. 0 = that of the optimizer. Default 0.",
            min = "0",
            max = "1")
    double start() default 0;

    /** {@return the last momentum} */
    @AttributeDefinition(
            name = "end",
            description = "Last momentum, 0 to below 1; of cyclic that in the middle of a cycle. Default 0.85.",
            min = "0",
            max = "1")
    double end() default 0.85;

    /** {@return the length} */
    @AttributeDefinition(
            name = "total",
            description =
                    "linear, cosine: optimizer steps from start to end, after which end holds. cyclic: optimizer steps "
                    + "of a cycle. 0 = the whole run. Default 0.",
            min = "0")
    long total() default 0;
}
