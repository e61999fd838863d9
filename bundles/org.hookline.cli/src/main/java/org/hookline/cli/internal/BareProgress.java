// SPDX-License-Identifier: Apache-2.0
package org.hookline.cli.internal;

import org.hookline.api.Progress;

/** The place in a run in which nothing is computed: iterations are counted, and neither samples nor time. */
final class BareProgress implements Progress {
    private final Mode mode;
    private final int epochs;
    private final long iterations;
    private final int perEpoch;
    private long iteration;

    /**
     * Begins at the first iteration.
     *
     * @param mode how it is counted
     * @param epochs in epoch mode
     * @param iterations of the whole run
     * @param perEpoch iterations of a pass over the data, at least 1
     */
    BareProgress(Mode mode, int epochs, long iterations, int perEpoch) {
        this.mode = mode;
        this.epochs = epochs;
        this.iterations = iterations;
        this.perEpoch = perEpoch;
    }

    /** An iteration is done. */
    void next() {
        iteration++;
    }

    @Override
    public Mode mode() {
        return mode;
    }

    @Override
    public int epoch() {
        return (int) (iteration / perEpoch);
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
        return (int) (iteration % perEpoch);
    }

    @Override
    public int innerIterations() {
        return perEpoch;
    }

    @Override
    public long steps() {
        return 0;
    }

    @Override
    public long samples() {
        return 0;
    }

    @Override
    public int batchSize() {
        return 1;
    }

    @Override
    public double dataSeconds() {
        return 0;
    }

    @Override
    public double elapsedSeconds() {
        return 0;
    }
}
