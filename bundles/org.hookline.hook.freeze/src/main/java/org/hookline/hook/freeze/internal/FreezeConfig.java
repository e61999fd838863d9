// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.freeze.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link FreezeHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "FreezeHook",
        description = "Keeps parameters from being trained, for the whole run or until a moment.")
public @interface FreezeConfig {
    /** {@return which parameters} */
    @AttributeDefinition(
            name = "parameters",
            description = "Patterns of parameter names, in which * stands for any text and ? for one character, for "
                    + "example ['01*', '*.bias']. Must be given.")
    String[] parameters() default {};

    /** {@return until which iteration} */
    @AttributeDefinition(
            name = "until_iteration",
            description = "Iterations after which they are trained. 0 = as until_epoch says. Default 0.",
            min = "0")
    long untilIteration() default 0;

    /** {@return until which epoch} */
    @AttributeDefinition(
            name = "until_epoch",
            description =
                    "Passes over the data after which they are trained. 0 = as until_iteration says; without both, "
                    + "never. Default 0.",
            min = "0")
    int untilEpoch() default 0;
}
