// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;

/**
 * Is there from the start of the run that {@link DeployLatency} looks at: the time from the beginning of each iteration
 * to the beginning of the next, of those that last. Written at the end of the run, as lines of the moment in
 * microseconds since 1970, the number of the iteration that begins, and the time in milliseconds.
 */
public final class GaugeHook implements Hook {
    private static final long LASTS = 300_000;
    private static final int MOST = 1 << 20;

    // Made at the start: it makes no objects in an iteration.
    private final long[] at = new long[MOST];
    private final long[] nanos = new long[MOST];
    private final long[] iteration = new long[MOST];
    private final long startMicros = System.currentTimeMillis() * 1000;
    private final long start = System.nanoTime();
    private int count;
    private long before = start;

    @Override
    public void beforeTrainIter(TrainingContext context) {
        long now = System.nanoTime();
        long took = now - before;
        before = now;
        if (took >= LASTS && count < MOST) {
            at[count] = now;
            iteration[count] = context.progress().iteration();
            nanos[count++] = took;
        }
    }

    @Override
    public void afterTrain(TrainingContext context) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(String.format(Locale.ROOT, "%d %d %.4f%n", startMicros + (at[i] - start) / 1000, iteration[i],
                    nanos[i] / 1e6));
        }
        try {
            Files.writeString(Path.of(System.getProperty("gauge.file")), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
