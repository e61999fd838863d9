// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.autogradprofiler.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link AutogradProfilerHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "AutogradProfilerHook",
        description = "Writes a trace of chosen iterations for Perfetto, and a table of the most expensive operations.")
public @interface ProfilerConfig {
    /** {@return the iterations to record, by number from 1} */
    @AttributeDefinition(
            name = "iterations",
            description =
                    "Numbers of the iterations to record, from 1; then skip, warmup, active and repeat do not count. "
                    + "Default none.")
    long[] iterations() default {};

    /** {@return iterations before each cycle that are left alone} */
    @AttributeDefinition(
            name = "skip",
            description = "Iterations at the start of each cycle that are left alone. Default 10.",
            min = "0")
    long skip() default 10;

    /** {@return iterations that are recorded and dropped} */
    @AttributeDefinition(
            name = "warmup",
            description = "Iterations after them that are recorded and dropped: the first ones are slower. Default 1.",
            min = "0")
    long warmup() default 1;

    /** {@return iterations that are written} */
    @AttributeDefinition(
            name = "active",
            description = "Iterations after them that are written, a file each. Default 1.",
            min = "1")
    long active() default 1;

    /** {@return the number of cycles} */
    @AttributeDefinition(
            name = "repeat",
            description = "How many such cycles; 0 = to the end of the run. Default 1.",
            min = "0")
    long repeat() default 1;

    /** {@return whether shapes are recorded} */
    @AttributeDefinition(
            name = "shapes",
            description = "Record the shapes of the operations' inputs. Default true.")
    boolean shapes() default true;

    /** {@return the length of the table} */
    @AttributeDefinition(
            name = "top",
            description = "Lines of the table in the log; the file has all. 0 = no table in the log. Default 15.",
            min = "0")
    int top() default 15;
}
