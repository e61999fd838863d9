// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.emaepoch.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link EmaEpochHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "EMAEpochHook",
        description = "Writes the average that EMAIterHook keeps as a safetensors file at the end of epochs.")
public @interface EmaEpochConfig {
    /** {@return the time between two files} */
    @AttributeDefinition(
            name = "period",
            description = "Passes over the data between two files, in both modes. Default 1.",
            min = "1")
    int period() default 1;

    /** {@return how many files are kept} */
    @AttributeDefinition(
            name = "max_keep",
            description = "How many of this run's files are kept; the oldest goes first. 0 = all. Default 0.",
            min = "0")
    int maxKeep() default 0;
}
