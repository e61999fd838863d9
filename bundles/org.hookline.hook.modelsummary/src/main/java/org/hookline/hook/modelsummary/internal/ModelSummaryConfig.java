// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.modelsummary.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** The parameters of {@link ModelSummaryHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "ModelSummaryHook",
        description = "Writes a table of the model's layers: shapes, parameters, operations.")
public @interface ModelSummaryConfig {
    /** {@return where the table is shown} */
    @AttributeDefinition(
            name = "show",
            description = "Where the table is shown beside its file: on the screen (console), in the log (log), or "
                    + "nowhere (none). Default console.",
            options = {@Option(value = "console"), @Option(value = "log"), @Option(value = "none")})
    String show() default "console";

    /** {@return the file} */
    @AttributeDefinition(
            name = "file",
            description = "The file, relative to the run's folder. Default model-summary.txt.")
    String file() default "model-summary.txt";

    /** {@return how many layers are shown} */
    @AttributeDefinition(
            name = "max_rows",
            description =
                    "Layers that are shown on the screen; the middle of a longer table is in the file only. 0 = all. "
                    + "Default 60.",
            min = "0")
    int maxRows() default 60;
}
