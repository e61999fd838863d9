// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.evaluate.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link EvaluateHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "EvaluateHook",
        description = "Evaluates the model while it trains and keeps the best value of each metric.")
public @interface EvaluateConfig {
    /** {@return the number of epochs between two evaluations} */
    @AttributeDefinition(
            name = "epoch_period",
            description = "Evaluate after so many epochs; in epoch mode only. 0 = not by epochs. Default 1.",
            min = "0")
    int epochPeriod() default 1;

    /** {@return the number of iterations between two evaluations} */
    @AttributeDefinition(
            name = "iter_period",
            description = "Evaluate after so many iterations, in both modes. 0 = not by iterations. Default 0.",
            min = "0")
    long iterPeriod() default 0;

    /** {@return whether the untrained model is evaluated} */
    @AttributeDefinition(
            name = "at_start",
            description = "Evaluate before the first iteration. Default false.")
    boolean atStart() default false;

    /** {@return whether the model is evaluated at the end} */
    @AttributeDefinition(
            name = "at_end",
            description = "Evaluate after the last iteration or epoch whatever the periods are, and when the run is "
                    + "stopped before its end, unless by a signal. Default true.")
    boolean atEnd() default true;

    /** {@return the splits that are evaluated} */
    @AttributeDefinition(
            name = "splits",
            description = "Splits to evaluate, in this order. Empty = all that the data set has beside the training "
                    + "data. Default empty.")
    String[] splits() default {};
}
