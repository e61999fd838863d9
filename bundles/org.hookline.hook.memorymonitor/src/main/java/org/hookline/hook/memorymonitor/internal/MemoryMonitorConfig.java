// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.memorymonitor.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link MemoryMonitorHook}; run files write them in snake case. */
@ObjectClassDefinition(
        name = "MemoryMonitorHook",
        description = "Logs the memory of the process as memory/heap and memory/resident, that of the run's GPU as "
                + "memory/gpu, and warns above a limit.")
public @interface MemoryMonitorConfig {
    /** {@return the time between two readings} */
    @AttributeDefinition(
            name = "period",
            description = "Iterations between two readings. Default 50.",
            min = "1")
    int period() default 50;

    /** {@return the limit of the heap} */
    @AttributeDefinition(
            name = "limit.heap",
            description = "Warn when the used Java heap is above so many MiB. 0 = no limit. Default 0.",
            min = "0")
    long limit_heap() default 0;

    /** {@return the limit of the resident memory} */
    @AttributeDefinition(
            name = "limit.resident",
            description = "Warn when the resident memory of the process, native memory included, is above so many MiB. "
                    + "0 = no limit. Default 0.",
            min = "0")
    long limit_resident() default 0;

    /** {@return the limit of the GPU's memory} */
    @AttributeDefinition(
            name = "limit.gpu",
            description = "Warn when the used memory of the run's GPU, that of all processes, is above so many MiB. "
                    + "0 = no limit. Default 0.",
            min = "0")
    long limit_gpu() default 0;
}
