// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.gradientaccumulationschedule.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The parameters of {@link AccumulationScheduleHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "GradientAccumulationScheduleHook",
        description = "Changes the number of micro-batches of an optimizer step in the course of the run.")
public @interface AccumulationScheduleConfig {
    /** {@return from when on how many} */
    @AttributeDefinition(
            name = "schedule",
            description = "List of 'when: micro-batches', for example ['0: 1', '4: 4']: from epoch or iteration 4 on "
                    + "(counted from 0), four micro-batches make a step. Before the first entry the run file's "
                    + "accumulate holds. Must be given.")
    String[] schedule() default {};

    /** {@return what the schedule counts} */
    @AttributeDefinition(
            name = "by",
            description = "What 'when' counts: passes over the data (epoch) or iterations (iteration). Default epoch.",
            options = {@Option(value = "epoch"), @Option(value = "iteration")})
    String by() default "epoch";
}
