// SPDX-License-Identifier: Apache-2.0
package org.hookline.launch.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How long each part of the start took, for {@code --debug} and the log. */
final class Timeline {
    private record Part(String name, long millis) {}

    private final List<Part> parts = new ArrayList<>();
    private long last = System.nanoTime();

    /** Begins with the time from the start of the process to now, as far as the system tells. */
    Timeline() {
        ProcessHandle.current().info().startInstant().ifPresent(started -> {
            // Some systems count in hundredths of a second and may be a little ahead.
            long millis = Duration.between(started, Instant.now()).toMillis();
            parts.add(new Part("jvm", Math.max(0, millis)));
        });
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
