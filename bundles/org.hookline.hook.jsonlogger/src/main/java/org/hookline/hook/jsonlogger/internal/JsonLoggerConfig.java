// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.jsonlogger.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link JsonLoggerHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "JSONLoggerHook",
        description = "Writes the metrics as JSON Lines: one line for each logging period, evaluation and end of run.")
public @interface JsonLoggerConfig {
    /** {@return the file, relative to the run's folder} */
    @AttributeDefinition(
            name = "file",
            description = "The file, relative to the run's folder. Default training_status.jsonl.")
    String file() default StatusFile.DEFAULT_NAME;
}
