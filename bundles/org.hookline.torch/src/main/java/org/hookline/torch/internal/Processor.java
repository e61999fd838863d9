// SPDX-License-Identifier: Apache-2.0
package org.hookline.torch.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The processor as Linux describes it.
 *
 * @param vendor for example {@code GenuineIntel} or {@code AuthenticAMD}; empty where it is not told
 * @param flags names of instruction sets, for example {@code avx512f}
 */
record Processor(String vendor, Set<String> flags) {
    /** What OpenBLAS's kernels for this width take for granted. */
    private static final List<String> AVX512 = List.of("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl");

    Processor {
        flags = Set.copyOf(flags);
    }

    /**
     * Reads the description of the first processor.
     *
     * @param cpuinfo {@code /proc/cpuinfo}; a file that cannot be read describes nothing
     * @return the processor
     */
    static Processor read(Path cpuinfo) {
        Map<String, String> values = new HashMap<>();
        try {
            for (String line : Files.readAllLines(cpuinfo)) {
                int colon = line.indexOf(':');
                if (colon > 0) {
                    values.putIfAbsent(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
                }
            }
        } catch (IOException e) {
            // Another system: nothing is known.
        }
        return new Processor(values.getOrDefault("vendor_id", ""),
                Set.of(values.getOrDefault("flags", "").split(" +")));
    }

    boolean isIntel() {
        return vendor.equals("GenuineIntel");
    }

    boolean hasAvx512() {
        return flags.containsAll(AVX512);
    }
}
