// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import org.hookline.torch.Torch.AllocatorMemory;
import org.hookline.torch.Torch.Feature;

/**
 * {@code c10::cuda::CUDACachingAllocator}. libtorch exports the allocator, but none of its methods by name: the one
 * that gives the figures is called through the table of its virtual methods. Where it stands there, and what it
 * returns, is that of libtorch 2.7.1, and of no other version asked.
 */
final class CachingAllocator {
    static final String VERSION = "2.7.1";

    /** {@code getDeviceStats}, in bytes from the beginning of the table. */
    private static final long GET_DEVICE_STATS = 0x98;
    /** In {@code DeviceStats}, each followed by its peak; the first entry is that of all pools. */
    private static final long ALLOCATED_BYTES = 0x180;
    private static final long RESERVED_BYTES = 0x1e0;

    private final MemorySegment allocator;

    CachingAllocator(Symbols symbols) {
        // A std::atomic of a pointer to it.
        allocator = symbols.find("_ZN3c104cuda20CUDACachingAllocator9allocatorE", Feature.ALLOCATOR_MEMORY);
    }

    /**
     * Asks for the figures.
     *
     * @param device of which an array was allocated already: the method throws where it does not know the device
     * @return the memory
     */
    AllocatorMemory memory(int device) {
        long object = Call.MEMORY.get(JAVA_LONG, allocator.address());
        if (object == 0) {
            throw new IllegalStateException("libtorch has no allocator for GPUs yet");
        }
        long table = Call.MEMORY.get(JAVA_LONG, object);
        MemorySegment method = MemorySegment.ofAddress(Call.MEMORY.get(JAVA_LONG, table + GET_DEVICE_STATS));
        try (Arena arena = Arena.ofConfined()) {
            SegmentAllocator results = arena;
            MemorySegment stats =
                    (MemorySegment) Call.DEVICE_STATS.invokeExact(method, results, object, (byte) device);
            return new AllocatorMemory(stats.get(JAVA_LONG, ALLOCATED_BYTES), stats.get(JAVA_LONG, ALLOCATED_BYTES + 8),
                    stats.get(JAVA_LONG, RESERVED_BYTES), stats.get(JAVA_LONG, RESERVED_BYTES + 8));
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }
}
