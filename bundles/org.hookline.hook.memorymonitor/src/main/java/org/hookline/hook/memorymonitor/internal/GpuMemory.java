// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.memorymonitor.internal;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * The used memory of one GPU, that of all processes together, as NVIDIA's management library (NVML) tells it. It asks
 * the driver and not the GPU's queue: nothing waits for what the GPU is doing. Each call may come from any thread, one
 * at a time.
 *
 * <p>NVML counts GPUs in another order than CUDA, and does not know {@code CUDA_VISIBLE_DEVICES}: the driver tells the
 * PCI address of the GPU that CUDA means, and NVML finds it by that.
 */
final class GpuMemory implements MemorySource, AutoCloseable {
    /** The two libraries cannot be used here. */
    static final class Unavailable extends Exception {
        private static final long serialVersionUID = 1L;

        Unavailable(String message) {
            super(message);
        }
    }

    /** {@code nvmlMemory_t}. */
    private static final MemoryLayout MEMORY = MemoryLayout.structLayout(
            JAVA_LONG.withName("total"), JAVA_LONG.withName("free"), JAVA_LONG.withName("used"));

    private static final long USED = MEMORY.byteOffset(MemoryLayout.PathElement.groupElement("used"));

    /** {@code NVML_DEVICE_PCI_BUS_ID_BUFFER_SIZE}. */
    private static final int BUS_ID_BYTES = 32;

    private final Arena arena;
    private final MemorySegment memory;
    private final MemorySegment device;
    private final MethodHandle memoryInfo;
    private final MethodHandle shutdown;

    private GpuMemory(Arena arena, SymbolLookup nvml, SymbolLookup cuda, int number) throws Unavailable {
        this.arena = arena;
        MethodHandle init = function(nvml, "nvmlInit_v2");
        MethodHandle find = function(nvml, "nvmlDeviceGetHandleByPciBusId_v2", ADDRESS, ADDRESS);
        memoryInfo = function(nvml, "nvmlDeviceGetMemoryInfo", ADDRESS, ADDRESS);
        shutdown = function(nvml, "nvmlShutdown");
        MemorySegment busId = busId(arena, cuda, number);
        MemorySegment found = arena.allocate(ADDRESS);
        memory = arena.allocate(MEMORY);
        check("nvmlInit_v2", call(init));
        int result = call(find, busId, found);
        if (result != 0) {
            call(shutdown);
        }
        check("nvmlDeviceGetHandleByPciBusId_v2", result);
        device = found.get(ADDRESS, 0);
    }

    /**
     * Opens the libraries of the driver.
     *
     * @param number CUDA's number of the GPU, from 0
     * @return the GPU's memory; to be closed
     * @throws Unavailable if they cannot be used; the message says why
     */
    @SuppressWarnings("MustBeClosedChecker") // what is returned closes it
    static GpuMemory open(int number) throws Unavailable {
        boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
        Arena arena = Arena.ofShared();
        try {
            return open(arena, library(windows ? "nvml.dll" : "libnvidia-ml.so.1", arena),
                    library(windows ? "nvcuda.dll" : "libcuda.so.1", arena), number);
        } catch (Unavailable e) {
            arena.close();
            throw e;
        }
    }

    static GpuMemory open(Arena arena, SymbolLookup nvml, SymbolLookup cuda, int number) throws Unavailable {
        return new GpuMemory(arena, nvml, cuda, number);
    }

    private static SymbolLookup library(String name, Arena arena) throws Unavailable {
        try {
            return SymbolLookup.libraryLookup(name, arena);
        } catch (IllegalArgumentException e) {
            throw new Unavailable("there is no " + name);
        }
    }

    private static MethodHandle function(SymbolLookup library, String name, ValueLayout... arguments)
            throws Unavailable {
        MemorySegment address = library.find(name).orElseThrow(() -> new Unavailable("the driver has no " + name));
        return Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.of(JAVA_INT, arguments));
    }

    private static MemorySegment busId(Arena arena, SymbolLookup cuda, int number) throws Unavailable {
        check("cuInit", call(function(cuda, "cuInit", JAVA_INT), 0));
        MemorySegment ordinal = arena.allocate(JAVA_INT);
        check("cuDeviceGet", call(function(cuda, "cuDeviceGet", ADDRESS, JAVA_INT), ordinal, number));
        MemorySegment text = arena.allocate(BUS_ID_BYTES);
        check("cuDeviceGetPCIBusId", call(function(cuda, "cuDeviceGetPCIBusId", ADDRESS, JAVA_INT, JAVA_INT), text,
                BUS_ID_BYTES, ordinal.get(JAVA_INT, 0)));
        return text;
    }

    private static int call(MethodHandle function, Object... arguments) {
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException("a call of the driver failed", e);
        }
    }

    private static void check(String function, int result) throws Unavailable {
        if (result != 0) {
            throw new Unavailable(function + " gives error " + result);
        }
    }

    @Override
    public String name() {
        return "gpu";
    }

    @Override
    public OptionalLong used() {
        return call(memoryInfo, device, memory) == 0 ? OptionalLong.of(memory.get(JAVA_LONG, USED))
                : OptionalLong.empty();
    }

    @Override
    public void close() {
        call(shutdown);
        arena.close();
    }
}
