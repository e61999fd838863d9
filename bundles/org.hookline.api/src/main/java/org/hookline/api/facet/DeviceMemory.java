// SPDX-License-Identifier: Apache-2.0
package org.hookline.api.facet;

import org.osgi.annotation.versioning.ProviderType;

/** The memory that the trainer's allocator has on the run's device; there on a GPU only. Training thread only. */
@ProviderType
public interface DeviceMemory {
    /**
     * What is used, in bytes. What the driver and other processes take is not part of it.
     *
     * @param allocated by arrays, at the moment
     * @param peakAllocated the most since the process began
     * @param reserved from the device, at the moment: what is allocated, and what is kept to be allocated again
     * @param peakReserved the most since the process began
     */
    record Usage(long allocated, long peakAllocated, long reserved, long peakReserved) {}

    /** {@return what is used; nothing waits for the device} */
    Usage usage();
}
