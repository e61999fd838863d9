// SPDX-License-Identifier: Apache-2.0
package org.hookline.trainer.internal;

import org.hookline.api.Progress;

/**
 * Which micro-batches make up an optimizer step. In epoch mode a step never reaches over the end of an epoch; in
 * iteration mode it does, and only the last one of the run may be short. Training thread only.
 */
final class Accumulation {
    private final Progress.Mode mode;
    private final int perEpoch;
    private final int epochs;
    private final long iterations;
    /** Of the step that is under way. */
    private int current;
    /** Of the steps after it. */
    private int next;
    private long iteration;
    private int inner;
    /** Micro-batches of the current step before this one. */
    private int position;

    /**
     * Starts at the beginning of a run.
     *
     * @param mode how the run is counted
     * @param epochs in epoch mode
     * @param iterations in iteration mode
     * @param perEpoch iterations of an epoch
     * @param microBatches of a step, at least 1
     */
    Accumulation(Progress.Mode mode, int epochs, long iterations, int perEpoch, int microBatches) {
        this.mode = mode;
        this.epochs = epochs;
        this.iterations = iterations;
        this.perEpoch = perEpoch;
        current = microBatches;
        next = microBatches;
    }

    /**
     * Begins a pass over the data.
     *
     * @param epoch from 0
     * @param skip iterations of it that were done before
     */
    void startPass(int epoch, int skip) {
        long at = (long) epoch * perEpoch + skip;
        if (mode == Progress.Mode.BY_EPOCH) {
            current = next;
            position = skip % current;
        } else if (at != iteration) {
            current = next;
            position = (int) (at % current);
        }
        iteration = at;
        inner = skip;
    }

    /** Ends an iteration. */
    void endIteration() {
        if (last()) {
            position = 0;
            current = next;
        } else {
            position++;
        }
        iteration++;
        inner++;
    }

    private long left() {
        return mode == Progress.Mode.BY_EPOCH ? perEpoch - inner : iterations - iteration;
    }

    /** {@return whether this micro-batch is the first of its step} */
    boolean first() {
        return position == 0;
    }

    /** {@return whether the step comes after this micro-batch} */
    boolean last() {
        return position + 1 >= current || left() <= 1;
    }

    /** {@return the micro-batches of this step} */
    int size() {
        return (int) Math.min(current, position + Math.max(1, left()));
    }

    /** {@return the micro-batches of the next step} */
    int microBatches() {
        return next;
    }

    /**
     * Changes the number of micro-batches, from the next step on.
     *
     * @param microBatches at least 1
     */
    void setMicroBatches(int microBatches) {
        if (microBatches < 1) {
            throw new IllegalArgumentException("accumulate is " + microBatches + ", expected 1 or more");
        }
        next = microBatches;
    }

    /** {@return the steps of the whole run at this number of micro-batches} */
    long plannedSteps() {
        return mode == Progress.Mode.BY_EPOCH
                ? (long) epochs * Math.ceilDiv(perEpoch, next)
                : Math.ceilDiv(iterations, (long) next);
    }
}
