// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.memorymonitor.internal;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Against a driver of our own: native functions with the signatures of NVIDIA's headers, for a machine without a GPU.
 * CUDA's GPU 1 is the one at 0000:81:00.0; NVML's handle of that is 4711.
 */
class GpuMemoryTest {
    private static final long GIB = 1L << 30;

    private final Arena arena = Arena.ofShared();
    private final Map<String, MemorySegment> symbols = new HashMap<>();
    private final List<String> calls = new ArrayList<>();
    private int memoryResult;
    private int initResult;

    @AfterEach
    void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    private void define(String name, ValueLayout... arguments) throws ReflectiveOperationException {
        Class<?>[] types = Arrays.stream(arguments).map(ValueLayout::carrier).toArray(Class<?>[]::new);
        MethodHandle method = MethodHandles.lookup().findVirtual(GpuMemoryTest.class, name,
                MethodType.methodType(int.class, types)).bindTo(this);
        symbols.put(name, Linker.nativeLinker().upcallStub(method, FunctionDescriptor.of(JAVA_INT, arguments), arena));
    }

    private GpuMemory open(int number) throws ReflectiveOperationException, GpuMemory.Unavailable {
        define("cuInit", JAVA_INT);
        define("cuDeviceGet", ADDRESS, JAVA_INT);
        define("cuDeviceGetPCIBusId", ADDRESS, JAVA_INT, JAVA_INT);
        define("nvmlInit_v2");
        define("nvmlDeviceGetHandleByPciBusId_v2", ADDRESS, ADDRESS);
        define("nvmlDeviceGetMemoryInfo", ADDRESS, ADDRESS);
        define("nvmlShutdown");
        SymbolLookup lookup = name -> Optional.ofNullable(symbols.get(name));
        return GpuMemory.open(arena, lookup, lookup, number);
    }

    int cuInit(int flags) {
        return flags;
    }

    int cuDeviceGet(MemorySegment device, int ordinal) {
        if (ordinal > 1) {
            return 101;
        }
        device.reinterpret(4).set(JAVA_INT, 0, 30 + ordinal);
        return 0;
    }

    int cuDeviceGetPCIBusId(MemorySegment text, int length, int device) {
        text.reinterpret(length).setString(0, device == 31 ? "0000:81:00.0" : "0000:01:00.0");
        return 0;
    }

    int nvmlInit_v2() {
        calls.add("init");
        return initResult;
    }

    int nvmlDeviceGetHandleByPciBusId_v2(MemorySegment busId, MemorySegment handle) {
        if (!busId.reinterpret(32).getString(0).equals("0000:81:00.0")) {
            return 6;
        }
        handle.reinterpret(8).set(ADDRESS, 0, MemorySegment.ofAddress(4711));
        return 0;
    }

    int nvmlDeviceGetMemoryInfo(MemorySegment handle, MemorySegment memory) {
        assertThat(handle.address()).isEqualTo(4711);
        MemorySegment struct = memory.reinterpret(24);
        struct.set(JAVA_LONG, 0, 80 * GIB);
        struct.set(JAVA_LONG, 8, 77 * GIB);
        struct.set(JAVA_LONG, 16, 3 * GIB);
        return memoryResult;
    }

    int nvmlShutdown() {
        calls.add("shutdown");
        return 0;
    }

    @Test
    void theMemoryIsThatOfTheGpuThatCudaMeans() throws Exception {
        try (GpuMemory memory = open(1)) {
            assertThat(memory.name()).isEqualTo("gpu");
            assertThat(memory.used()).hasValue(3 * GIB);
            memoryResult = 999;
            assertThat(memory.used()).isEmpty();
        }
        assertThat(calls).containsExactly("init", "shutdown");
    }

    @Test
    void whatTheDriverRefusesIsSaid() {
        assertThatThrownBy(() -> open(2)).isInstanceOf(GpuMemory.Unavailable.class)
                .hasMessage("cuDeviceGet gives error 101");
        assertThatThrownBy(() -> open(0)).hasMessage("nvmlDeviceGetHandleByPciBusId_v2 gives error 6");
        assertThat(calls).containsExactly("init", "shutdown");
        initResult = 9;
        assertThatThrownBy(() -> open(1)).hasMessage("nvmlInit_v2 gives error 9");
    }

    @Test
    void aDriverThatIsTooOldIsSaid() {
        SymbolLookup empty = name -> Optional.empty();
        assertThatThrownBy(() -> GpuMemory.open(arena, empty, empty, 0)).isInstanceOf(GpuMemory.Unavailable.class)
                .hasMessage("the driver has no nvmlInit_v2");
    }
}
