// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.hookline.api.Hook;
import org.hookline.api.TrainingContext;

/**
 * Is there from the start of the run that {@link DeployLatency} looks at: the time from the beginning of each iteration
 * to the beginning of the next, of those that last, and how much of it the training thread was ready to run and waited
 * for a core, as the kernel counts it. Written at the end of the run, as lines of the moment in microseconds since
 * 1970, the number of the iteration that begins, and the two times in milliseconds. It also takes down when
 * {@link ProbeHook} was first called.
 */
public final class GaugeHook implements Hook {
    private static final long LASTS = 300_000;
    private static final int MOST = 1 << 20;

    // Made at the start: it makes no objects in an iteration.
    private final long[] at = new long[MOST];
    private final long[] nanos = new long[MOST];
    private final long[] waited = new long[MOST];
    private final long[] iteration = new long[MOST];
    private final long startMicros = System.currentTimeMillis() * 1000;
    private final long start = System.nanoTime();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(128);
    private FileChannel kernel;
    private int count;
    private long before = start;
    private long waitedBefore;

    @Override
    public void beforeTrain(TrainingContext context) throws IOException {
        // Of the thread that opens it.
        kernel = FileChannel.open(Path.of("/proc/thread-self/schedstat"));
        BlockingQueue<Long> calls = new LinkedBlockingQueue<>();
        System.getProperties().put(ProbeHook.CALLS, calls);
        Thread.ofPlatform().daemon().name("gauge").start(() -> takeDown(calls));
    }

    private static void takeDown(BlockingQueue<Long> calls) {
        Path file = Path.of(System.getProperty("probe.file"));
        Path whole = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            while (true) {
                Files.writeString(whole, calls.take().toString());
                Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void beforeTrainIter(TrainingContext context) throws IOException {
        buffer.clear();
        kernel.read(buffer, 0);
        buffer.flip();
        long now = System.nanoTime();
        number(); // the time that it ran, which the kernel brings up to date at its ticks only
        long waitedNow = number();
        long took = now - before;
        if (took >= LASTS && count < MOST) {
            at[count] = now;
            iteration[count] = context.progress().iteration();
            waited[count] = waitedNow - waitedBefore;
            nanos[count++] = took;
        }
        before = now;
        waitedBefore = waitedNow;
    }

    private long number() {
        long value = 0;
        while (buffer.hasRemaining()) {
            byte digit = buffer.get();
            if (digit < '0') {
                break;
            }
            value = 10 * value + digit - '0';
        }
        return value;
    }

    @Override
    public void afterTrain(TrainingContext context) throws IOException {
        kernel.close();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(String.format(Locale.ROOT, "%d %d %.4f %.4f%n", startMicros + (at[i] - start) / 1000,
                    iteration[i], nanos[i] / 1e6, waited[i] / 1e6));
        }
        Files.writeString(Path.of(System.getProperty("gauge.file")), text);
    }
}
