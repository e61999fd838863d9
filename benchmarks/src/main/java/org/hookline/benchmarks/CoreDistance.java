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
    private static final int WARM_UP = 2_000;
    private static final int ROUND_TRIPS = 20_000;

    private double[] micros = {};

    /** Measures once more, some ten milliseconds on two cores. */
    @Override
    public void run() {
        AtomicInteger ball = new AtomicInteger();
        Thread other = Thread.ofPlatform().daemon().start(() -> {
            for (int i = 0; i < WARM_UP + ROUND_TRIPS; i++) {
                await(ball, 2 * i + 1);
                ball.set(2 * i + 2);
            }
        });
        long start = 0;
        for (int i = 0; i < WARM_UP + ROUND_TRIPS; i++) {
            if (i == WARM_UP) {
                start = System.nanoTime();
            }
            ball.set(2 * i + 1);
            await(ball, 2 * i + 2);
        }
        micros = Arrays.copyOf(micros, micros.length + 1);
        micros[micros.length - 1] = (System.nanoTime() - start) / 1e3 / ROUND_TRIPS;
        try {
            other.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(AtomicInteger ball, int value) {
        while (ball.get() != value) {
            Thread.onSpinWait();
        }
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
