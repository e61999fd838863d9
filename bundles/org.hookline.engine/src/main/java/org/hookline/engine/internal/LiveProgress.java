// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine.internal;

import org.hookline.api.Progress;

/** The counters of a run: written by the training thread, read by any. */
final class LiveProgress implements Progress {
    private final Mode mode;
    private final int epochs;
    private final long iterations;
    private final int innerIterations;
    private volatile int epoch;
    private volatile long iteration;
    private volatile int innerIteration;
    private volatile long steps;
    private volatile long samples;
    private volatile int batchSize;
    private volatile double dataSeconds;
    private volatile long started = System.nanoTime();
    private volatile long ended;
    private volatile long pausedNanos;
    private volatile long pauseStarted;
    private double secondsBefore;

    LiveProgress(Mode mode, int epochs, long iterations, int innerIterations) {
        this.mode = mode;
        this.epochs = epochs;
        this.iterations = iterations;
        this.innerIterations = innerIterations;
    }

    void start() {
        started = System.nanoTime();
    }

    /** Goes on from where another run was; before the first iteration. */
    void resume(long iterationsDone, long stepsDone, long samplesDone, double seconds) {
        iteration = iterationsDone;
        // After the last iteration no epoch begins any more.
        boolean over = iterationsDone >= iterations && iterationsDone > 0;
        epoch = Math.toIntExact((over ? iterationsDone - 1 : iterationsDone) / innerIterations);
        innerIteration = Math.toIntExact(iterationsDone - (long) epoch * innerIterations);
        steps = stepsDone;
        samples = samplesDone;
        secondsBefore = seconds;
    }

    void end() {
        ended = System.nanoTime();
    }

    void pauses() {
        pauseStarted = System.nanoTime();
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer: the training thread
    void goesOn() {
        long start = pauseStarted;
        pauseStarted = 0;
        pausedNanos += System.nanoTime() - start;
    }

    void epochStarts(int value, int inner) {
        epoch = value;
        innerIteration = inner;
    }

    void batch(int size, double seconds) {
        batchSize = size;
        dataSeconds = seconds;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer: the training thread
    void iterationDone() {
        samples += batchSize;
        innerIteration++;
        iteration++;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer: the training thread
    void stepped() {
        steps++;
    }

    @Override
    public Mode mode() {
        return mode;
    }

    @Override
    public int epoch() {
        return epoch;
    }

    @Override
    public int epochs() {
        return epochs;
    }

    @Override
    public long iteration() {
        return iteration;
    }

    @Override
    public long iterations() {
        return iterations;
    }

    @Override
    public int innerIteration() {
        return innerIteration;
    }

    @Override
    public int innerIterations() {
        return innerIterations;
    }

    @Override
    public long steps() {
        return steps;
    }

    @Override
    public long samples() {
        return samples;
    }

    @Override
    public int batchSize() {
        return batchSize;
    }

    @Override
    public double dataSeconds() {
        return dataSeconds;
    }

    @Override
    public double elapsedSeconds() {
        long end = ended;
        return secondsBefore + ((end == 0 ? System.nanoTime() : end) - started) * 1e-9 - pausedSeconds();
    }

    @Override
    public double pausedSeconds() {
        long start = pauseStarted;
        return (pausedNanos + (start == 0 ? 0 : System.nanoTime() - start)) * 1e-9;
    }
}
