// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.seed.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The parameters of {@link SeedHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "SeedHook",
        description =
                "Starts the random numbers of the model anew at chosen moments, as a function of the seed and the "
                + "moment.")
public @interface SeedConfig {
    /** {@return the unit of the period} */
    @AttributeDefinition(
            name = "each",
            description = "What period counts: passes over the data (epoch) or iterations (iteration). Default epoch.",
            options = {@Option(value = "epoch"), @Option(value = "iteration")})
    String each() default "epoch";

    /** {@return the time between two moments} */
    @AttributeDefinition(
            name = "period",
            description = "Epochs or iterations from one moment to the next; the first is the start of the run. "
                    + "Default 1.",
            min = "1")
    long period() default 1;

    /** {@return the seed} */
    @AttributeDefinition(
            name = "seed",
            description = "The seed. -1 = that of the run. Default -1.")
    long seed() default -1;
}
