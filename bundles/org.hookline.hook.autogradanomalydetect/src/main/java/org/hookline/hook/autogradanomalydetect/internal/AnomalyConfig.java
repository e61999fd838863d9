// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradanomalydetect.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link AutogradAnomalyDetectHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "AutogradAnomalyDetectHook",
        description = "Fails the run where a backward pass makes NaN, and names the function that made it. Slow.")
public @interface AnomalyConfig {
    /** {@return the first iteration that is watched} */
    @AttributeDefinition(
            name = "from",
            description = "Iterations done before the first one that is watched. Default 0: from the start.",
            min = "0")
    long from() default 0;

    /** {@return the end of what is watched} */
    @AttributeDefinition(
            name = "to",
            description = "Iterations done when watching ends; 0 = the end of the run. Default 0.",
            min = "0")
    long to() default 0;
}
