// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.periodiclogger.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link PeriodicLogger}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "PeriodicLogger",
        description = "Hands the metrics to the log writers at each period, epoch and evaluation.")
public @interface PeriodicLoggerConfig {
    /** {@return the number of iterations between two records} */
    @AttributeDefinition(
            name = "period",
            description = "Iterations between two records; the last iteration of an epoch gives one in any case. The "
                    + "device is read once for each. 0 = only at the end of each pass over the data. Default 10.",
            min = "0")
    int period() default 10;

    /** {@return the number of values that are smoothed over} */
    @AttributeDefinition(
            name = "window",
            description = "Number of newest values of which the smoothed one is the median. Default 20.",
            min = "1")
    int window() default 20;

    /** {@return the number of records that may wait for a writer} */
    @AttributeDefinition(
            name = "queue",
            description = "Records that may wait for a writer that is slow; beyond it training records are dropped and "
                    + "counted. Default 256.",
            min = "1")
    int queue() default 256;

    /** {@return the time that a writer may take for one record} */
    @AttributeDefinition(
            name = "writer_timeout",
            description = "Seconds that a writer may take for one record before it is taken out. Default 30.",
            min = "0")
    double writerTimeout() default 30;

    /** {@return the time for the writers to finish} */
    @AttributeDefinition(
            name = "close_timeout",
            description = "Seconds that the end of the run waits for the writers to finish. Default 3.",
            min = "0")
    double closeTimeout() default 3;
}
