// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;

/** The C library's heap, from which libtorch takes the arrays of a CPU. */
final class Heap {
    /** Parameters of {@code mallopt}, from glibc's malloc.h. */
    private static final int M_TRIM_THRESHOLD = -1;
    private static final int M_TOP_PAD = -2;
    private static final int M_MMAP_THRESHOLD = -3;

    /**
     * A thread's heap is a chain of blocks of this size for 64 bits. The last one goes when it is empty, whatever
     * M_TRIM_THRESHOLD says, unless M_TOP_PAD wants more room than the one before it can have.
     */
    private static final int BLOCK = 64 << 20;

    /** What glibc before 2.35 takes at most as M_MMAP_THRESHOLD: half a block. */
    private static final int OLD_MMAP_LIMIT = BLOCK / 2;

    private static final Optional<MemorySegment> MALLOPT = find("mallopt");
    private static final Optional<MemorySegment> MALLOC_TRIM = find("malloc_trim");

    private Heap() {}

    private static Optional<MemorySegment> find(String function) {
        return Linker.nativeLinker().defaultLookup().find(function);
    }

    /**
     * Has the heap keep what is freed.
     *
     * @param environment of the process
     * @return false where that decides about the heap, or this is not glibc's heap
     */
    static boolean keep(Map<String, String> environment) {
        if (MALLOPT.isEmpty() || environment.keySet().stream().anyMatch(Heap::decides)) {
            return false;
        }
        // Otherwise each array above the threshold is a mapping of its own, which goes when the array does.
        if (!set(M_MMAP_THRESHOLD, Integer.MAX_VALUE)) {
            set(M_MMAP_THRESHOLD, OLD_MMAP_LIMIT);
        }
        set(M_TRIM_THRESHOLD, Integer.MAX_VALUE);
        set(M_TOP_PAD, BLOCK);
        return true;
    }

    private static boolean decides(String variable) {
        return variable.startsWith("MALLOC_") || variable.equals("GLIBC_TUNABLES");
    }

    private static boolean set(int parameter, int value) {
        try {
            return (int) Call.INT_OF_2_INTS.invokeExact(MALLOPT.orElseThrow(), parameter, value) == 1;
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    static void giveBack() {
        if (MALLOC_TRIM.isEmpty()) {
            return;
        }
        try {
            // Its argument is what to keep at the end of the main heap; whether it could free anything says nothing
            // here.
            int _ = (int) Call.INT_OF_1.invokeExact(MALLOC_TRIM.get(), 0L);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }
}
