// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import ai.djl.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

/** What it was measured on. */
public final class Machine {
    private Machine() {}

    private static String value(Path file, String key, String otherwise) {
        try {
            return Files.readAllLines(file).stream().filter(l -> l.startsWith(key)).findFirst()
                    .map(l -> l.substring(l.indexOf(':') + 1).strip()).orElse(otherwise);
        } catch (IOException e) {
            return otherwise;
        }
    }

    /** {@return a paragraph of Markdown: when, on which processor, with which versions} */
    public static String describe() {
        String processor = value(Path.of("/proc/cpuinfo"), "model name", System.getProperty("os.arch"));
        String model = value(Path.of("/proc/cpuinfo"), "model\t", "?");
        long memory = Long.parseLong(value(Path.of("/proc/meminfo"), "MemTotal", "0").replaceAll("\\D", ""));
        return String.format(Locale.ROOT,
                "%s; %s (model %s), %d cores, %d GiB, Linux %s; JDK %s, PyTorch %s through DJL %s; no GPU at hand.",
                LocalDate.now(ZoneOffset.UTC), processor, model, Runtime.getRuntime().availableProcessors(),
                Math.round(memory / 1024.0 / 1024.0), System.getProperty("os.version"), Runtime.version(),
                Engine.getInstance().getVersion(), Engine.getDjlVersion());
    }
}
