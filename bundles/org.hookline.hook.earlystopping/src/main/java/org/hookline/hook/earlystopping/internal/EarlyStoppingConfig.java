// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.earlystopping.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The parameters of {@link EarlyStoppingHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "EarlyStoppingHook",
        description = "Stops the run when a metric of the evaluations has stopped getting better.")
public @interface EarlyStoppingConfig {
    /** {@return the metric} */
    @AttributeDefinition(
            name = "metric",
            description =
                    "Metric of an evaluation, such as test/accuracy. Empty = the loss of the validation split, or "
                    + "of the test split. Default empty.")
    String metric() default "";

    /** {@return the direction of the metric} */
    @AttributeDefinition(
            name = "mode",
            description = "Whether a lower (min) or a higher (max) value is better; auto = as the metric says. "
                    + "Default auto.",
            options = {@Option(value = "auto"), @Option(value = "min"), @Option(value = "max")})
    String mode() default "auto";

    /** {@return the patience} */
    @AttributeDefinition(
            name = "patience",
            description = "So many evaluations in a row that are no better stop the run. Default 5.",
            min = "1")
    int patience() default 5;

    /** {@return what counts as better} */
    @AttributeDefinition(
            name = "threshold",
            description = "How much better counts as better, as threshold_mode says. Default 0.",
            min = "0")
    double threshold() default 0;

    /** {@return the meaning of the threshold} */
    @AttributeDefinition(
            name = "threshold_mode",
            description = "threshold as an amount (abs) or as a share of the best value (rel). Default abs.",
            options = {@Option(value = "abs"), @Option(value = "rel")})
    String thresholdMode() default "abs";

    /** {@return whether a value that is not finite stops the run at once} */
    @AttributeDefinition(
            name = "check_finite",
            description = "Stop at once where the metric is infinite or NaN; otherwise such a value is no better. "
                    + "Default true.")
    boolean checkFinite() default true;
}
