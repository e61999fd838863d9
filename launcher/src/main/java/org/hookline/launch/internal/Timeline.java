// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How long each part of the start took, for {@code --debug} and the log. */
final class Timeline {
    private record Part(String name, long millis) {}

    private final List<Part> parts = new ArrayList<>();
    private long last = System.nanoTime();

    /**
     * Begins now.
     *
     * @param exact with the time that the JVM took before, which costs some milliseconds to learn
     */
    Timeline(boolean exact) {
        if (exact) {
            long started = ManagementFactory.getRuntimeMXBean().getStartTime();
            parts.add(new Part("jvm", System.currentTimeMillis() - started));
            last = System.nanoTime();
        }
    }

    /** What went before took until now. */
    void mark(String name) {
        long now = System.nanoTime();
        parts.add(new Part(name, TimeUnit.NANOSECONDS.toMillis(now - last)));
        last = now;
    }

    @Override
    public String toString() {
        long total = parts.stream().mapToLong(Part::millis).sum();
        return total + " ms: "
                + String.join(", ", parts.stream().map(part -> part.name() + " " + part.millis()).toList());
    }
}
