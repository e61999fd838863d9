// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import java.lang.foreign.MemorySegment;
import org.hookline.torch.Torch.AutocastScope;
import org.hookline.torch.Torch.Feature;

/** Autocast of one thread for one kind of device, as {@code torch.autocast} does it. */
final class Autocast implements AutocastScope {
    private static final byte CPU = 0;
    private static final byte CUDA = 1;

    /** The native functions. */
    static final class Functions {
        private final MemorySegment isEnabled;
        private final MemorySegment setEnabled;
        private final MemorySegment type;
        private final MemorySegment setType;
        private final MemorySegment enter;
        private final MemorySegment leave;
        private final MemorySegment clearCache;

        Functions(Symbols symbols) {
            Feature user = Feature.AUTOCAST;
            isEnabled = symbols.find("_ZN2at8autocast19is_autocast_enabledEN3c1010DeviceTypeE", user);
            setEnabled = symbols.find("_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb", user);
            type = symbols.find("_ZN2at8autocast18get_autocast_dtypeEN3c1010DeviceTypeE", user);
            setType = symbols.find("_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE", user);
            enter = symbols.find("_ZN2at8autocast17increment_nestingEv", user);
            leave = symbols.find("_ZN2at8autocast17decrement_nestingEv", user);
            clearCache = symbols.find("_ZN2at8autocast11clear_cacheEv", user);
        }

        /** Whether the calling thread computes under autocast on this kind of device. */
        boolean enabled(boolean gpu) {
            try {
                return (boolean) Call.BOOL_OF_BYTE.invokeExact(isEnabled, gpu ? CUDA : CPU);
            } catch (Throwable e) {
                throw Call.impossible(e);
            }
        }
    }

    private final Functions functions;
    private final Thread thread = Thread.currentThread();
    private final byte device;
    private final boolean enabledBefore;
    private final byte typeBefore;
    private final boolean otherType;
    private boolean closed;

    Autocast(Functions functions, byte type, boolean gpu) {
        this.functions = functions;
        device = gpu ? CUDA : CPU;
        try {
            enabledBefore = functions.enabled(gpu);
            typeBefore = (byte) Call.BYTE_OF_BYTE.invokeExact(functions.type, device);
            otherType = enabledBefore && typeBefore != type;
            int _ = (int) Call.INT_OF_NONE.invokeExact(functions.enter);
            if (otherType) {
                clearCache();
            }
            Call.VOID_OF_BYTE_BOOL.invokeExact(functions.setEnabled, device, true);
            Call.VOID_OF_BYTE_BYTE.invokeExact(functions.setType, device, type);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }

    /** The cache of casts does not look at the type: a scope of another type would get weights of the wrong one. */
    private void clearCache() throws Throwable {
        Call.VOID_OF_NONE.invokeExact(functions.clearCache);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException("autocast of " + thread.getName() + " can not be closed on "
                    + Thread.currentThread().getName() + ", expected the thread that opened it");
        }
        closed = true;
        try {
            if ((int) Call.INT_OF_NONE.invokeExact(functions.leave) == 0 || otherType) {
                clearCache();
            }
            Call.VOID_OF_BYTE_BOOL.invokeExact(functions.setEnabled, device, enabledBefore);
            Call.VOID_OF_BYTE_BYTE.invokeExact(functions.setType, device, typeBefore);
        } catch (Throwable e) {
            throw Call.impossible(e);
        }
    }
}
