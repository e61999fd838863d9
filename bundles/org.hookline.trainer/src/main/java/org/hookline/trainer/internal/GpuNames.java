// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The names of GPUs, as the NVIDIA driver for Linux tells them. */
final class GpuNames {
    private static final Path DRIVER = Path.of("/proc/driver/nvidia/gpus");

    private GpuNames() {}

    /**
     * Names a GPU.
     *
     * @param number from 0
     * @return its name; empty where it cannot be told
     */
    static Optional<String> of(int number) {
        List<String> names = all(DRIVER);
        // The driver's order need not be CUDA's: with different GPUs in a machine no name is better than a wrong one.
        boolean same = names.stream().distinct().count() == 1;
        return same && number < names.size() ? Optional.of(names.getFirst()) : Optional.empty();
    }

    /** {@return the names in a folder of the driver's form} */
    static List<String> all(Path folder) {
        List<String> names = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return names;
        }
        try (Stream<Path> gpus = Files.list(folder)) {
            for (Path gpu : gpus.sorted().toList()) {
                for (String line : Files.readAllLines(gpu.resolve("information"))) {
                    if (line.startsWith("Model:")) {
                        names.add(line.substring("Model:".length()).strip());
                    }
                }
            }
        } catch (IOException e) {
            return List.of();
        }
        return names;
    }
}
