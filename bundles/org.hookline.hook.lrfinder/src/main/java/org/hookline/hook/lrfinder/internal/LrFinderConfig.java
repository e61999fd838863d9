// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrfinder.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The parameters of {@link LrFinderHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "LRFinderHook",
        description =
                "Tries rising learning rates over the first optimizer steps, draws the loss over them, suggests one "
                + "and puts weights and optimizer back.")
public @interface LrFinderConfig {
    /** {@return the first learning rate} */
    @AttributeDefinition(name = "min_lr", description = "First learning rate, above 0. Default 1e-6.", min = "0")
    double minLr() default 1e-6;

    /** {@return the last learning rate} */
    @AttributeDefinition(name = "max_lr", description = "Last learning rate, above min_lr. Default 1.", min = "0")
    double maxLr() default 1;

    /** {@return the length} */
    @AttributeDefinition(
            name = "steps",
            description = "Optimizer steps of the search, 10 or more; they are part of the run. Default 100.",
            min = "10")
    int steps() default 100;

    /** {@return how the learning rate rises} */
    @AttributeDefinition(
            name = "mode",
            description =
                    "How the learning rate rises: by the same factor each step (exponential) or by the same amount "
                    + "(linear). Default exponential.",
            options = {@Option(value = "exponential"), @Option(value = "linear")})
    String mode() default "exponential";

    /** {@return how much the loss is smoothed} */
    @AttributeDefinition(
            name = "smoothing",
            description = "Share of the old value in the moving average of the loss, 0 up to below 1. Default 0.95.",
            min = "0",
            max = "1")
    double smoothing() default 0.95;

    /** {@return when the search ends early} */
    @AttributeDefinition(
            name = "diverge_factor",
            description = "The search ends when the smoothed loss is so many times its lowest value. 0 = never. "
                    + "Default 4.",
            min = "0")
    double divergeFactor() default 4;

    /** {@return what comes after the search} */
    @AttributeDefinition(
            name = "then",
            description = "After the search: end the run (stop), train on from the weights before it (continue), or "
                    + "the same with the suggested learning rate (apply). Default stop.",
            options = {@Option(value = "stop"), @Option(value = "continue"), @Option(value = "apply")})
    String then() default "stop";
}
