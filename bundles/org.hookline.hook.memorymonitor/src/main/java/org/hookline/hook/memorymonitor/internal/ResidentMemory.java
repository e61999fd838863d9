// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.memorymonitor.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The resident memory of the process as Linux tells it: heap, libtorch's memory, libraries, mapped files in memory. */
record ResidentMemory(Path status) implements MemorySource {
    /** Where Linux tells it. */
    static final Path PROC = Path.of("/proc/self/status");

    private static final Pattern RSS = Pattern.compile("^VmRSS:\\s*(\\d{1,15})\\s*kB$", Pattern.MULTILINE);

    @Override
    public String name() {
        return "resident";
    }

    @Override
    public OptionalLong used() {
        try {
            Matcher m = RSS.matcher(Files.readString(status));
            return m.find() ? OptionalLong.of(Long.parseLong(m.group(1)) * 1024) : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
