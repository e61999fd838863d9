// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.csvlogger.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link CsvLoggerHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "CSVLoggerHook",
        description = "Writes the metrics as a CSV table: one row for each logging period, evaluation and end of run.")
public @interface CsvLoggerConfig {
    /** {@return the file, relative to the run's folder} */
    @AttributeDefinition(
            name = "file",
            description = "The file, relative to the run's folder. Default metrics.csv.")
    String file() default MetricsTable.DEFAULT_NAME;
}
