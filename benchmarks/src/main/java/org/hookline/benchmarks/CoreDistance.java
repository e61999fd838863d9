// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How far two cores are from one another: the time in which a number goes to the other and back. The host of a virtual
 * machine moves its cores about, so that they share a cache now and do not then, and what threads have to tell one
 * another takes two or three times as long.
 */
final class CoreDistance implements Runnable {
    /** Measured until so much time is over, which is enough for thousands and little where others have the cores. */
    private static final long NANOS = 10_000_000;
    private static final int ROUND_TRIPS = 64;
    private static final int END = -1;

    private double[] micros = {};

    /** Measures once more, for some milliseconds on two cores. */
    @Override
    public void run() {
        AtomicInteger ball = new AtomicInteger();
        Thread other = Thread.ofPlatform().daemon().start(() -> {
            for (int next = 1;; next += 2) {
                if (await(ball, next) == END) {
                    return;
                }
                ball.set(next + 1);
            }
        });
        // The other thread is there after the first one, and this is compiled.
        roundTrips(ball, NANOS / 2);
        micros = Arrays.copyOf(micros, micros.length + 1);
        micros[micros.length - 1] = roundTrips(ball, NANOS) / 1e3;
        ball.set(END);
        try {
            other.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** {@return nanoseconds of one} */
    private static double roundTrips(AtomicInteger ball, long nanos) {
        long start = System.nanoTime();
        long spent = 0;
        int count = 0;
        while (spent < nanos) {
            for (int i = 0; i < ROUND_TRIPS; i++) {
                int next = ball.get() + 1;
                ball.set(next);
                await(ball, next + 1);
            }
            count += ROUND_TRIPS;
            spent = System.nanoTime() - start;
        }
        return (double) spent / count;
    }

    /** {@return the value, or {@link #END}} */
    private static int await(AtomicInteger ball, int value) {
        int now;
        while ((now = ball.get()) != value && now != END) {
            Thread.onSpinWait();
        }
        return now;
    }

    /** {@return a sentence on all measurements, of which there is one at least: median, smallest and largest} */
    String describe() {
        double[] sorted = micros.clone();
        Arrays.sort(sorted);
        return String.format(Locale.ROOT,
                "before each turn a number went from one core to another and back in %.2f µs (%.2f to %.2f).",
                sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]);
    }
}
