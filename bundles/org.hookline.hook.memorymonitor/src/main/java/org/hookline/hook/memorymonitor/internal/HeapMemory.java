// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.memorymonitor.internal;

import java.util.OptionalLong;

/** The used part of the Java heap, garbage that was not collected yet included. */
record HeapMemory(Runtime runtime) implements MemorySource {
    @Override
    public String name() {
        return "heap";
    }

    @Override
    public OptionalLong used() {
        return OptionalLong.of(runtime.totalMemory() - runtime.freeMemory());
    }
}
