// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;
import org.hookline.torch.Torch.AllocatorMemory;
import org.junit.jupiter.api.Test;

/** Against an object of our own with the table and the result of libtorch 2.7.1, for a machine without a GPU. */
class CachingAllocatorTest {
    /** Twelve figures of three pools, each current, peak, allocated and freed, and nineteen or so more. */
    private static final StructLayout STATS = MemoryLayout.structLayout(MemoryLayout.sequenceLayout(122, JAVA_LONG));

    private final Arena arena = Arena.ofAuto();
    private long self;
    private byte device;

    MemorySegment getDeviceStats(MemorySegment object, byte number) {
        self = object.address();
        device = number;
        MemorySegment stats = arena.allocate(STATS);
        for (int i = 0; i < 122; i++) {
            stats.setAtIndex(JAVA_LONG, i, 1000 + i);
        }
        return stats;
    }

    @Test
    void theFiguresAreThoseOfAllPools() throws Exception {
        MemorySegment method = Linker.nativeLinker().upcallStub(
                MethodHandles.lookup().findVirtual(CachingAllocatorTest.class, "getDeviceStats",
                        MethodType.methodType(MemorySegment.class, MemorySegment.class, byte.class)).bindTo(this),
                FunctionDescriptor.of(STATS, ADDRESS, JAVA_BYTE), arena);
        MemorySegment table = arena.allocate(ADDRESS, 40);
        table.setAtIndex(ADDRESS, 19, method);
        MemorySegment object = arena.allocate(ADDRESS);
        object.set(ADDRESS, 0, table);
        MemorySegment pointer = arena.allocate(ADDRESS);
        CachingAllocator allocator = new CachingAllocator(new Symbols(_ -> Optional.of(pointer), "this test"));
        assertThatThrownBy(() -> allocator.memory(1)).hasMessageContaining("no allocator for GPUs yet");
        pointer.set(ADDRESS, 0, object);
        // The fifth and the sixth figure: allocated_bytes and reserved_bytes.
        assertThat(allocator.memory(1)).isEqualTo(new AllocatorMemory(1048, 1049, 1060, 1061));
        assertThat(self).isEqualTo(object.address());
        assertThat(device).isEqualTo((byte) 1);
    }
}
