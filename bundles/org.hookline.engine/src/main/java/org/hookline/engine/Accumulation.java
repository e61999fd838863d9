// SPDX-License-Identifier: Apache-2.0
package org.hookline.engine;

import org.hookline.api.Progress;

/**
 * Which micro-batches make up an optimizer step; what a task answers {@link org.hookline.api.facet.Gradients} from, so
 * that every task accumulates alike. In epoch mode a step never reaches over the end of an epoch; in
 * iteration mode it does, and only the last one of the run may be short. Training thread only.
 */
public final class Accumulation {
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
    public Accumulation(Progress.Mode mode, int epochs, long iterations, int perEpoch, int microBatches) {
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
    public void startPass(int epoch, int skip) {
        long at = (long) epoch * perEpoch + skip;
        if (skip == 0 && (mode == Progress.Mode.BY_EPOCH || epoch == 0)) {
            // Also a number that was set before the run holds from its first step on.
            current = next;
            position = 0;
        } else if (at != iteration) {
            // Neither in the middle of a pass of its own nor loaded: worked out as if the number had never changed.
            current = next;
            position = (int) ((mode == Progress.Mode.BY_EPOCH ? skip : at) % current);
        }
        iteration = at;
        inner = skip;
    }

    /** {@return what {@link #load} takes: micro-batches of this step and of the next, and those of this step so far} */
    public long[] save() {
        return new long[] {current, next, position, iteration};
    }

    /**
     * Goes on from where another one was; before {@link #startPass}.
     *
     * @param saved what {@link #save} gave
     * @throws IllegalArgumentException if it is something else
     */
    public void load(long[] saved) {
        if (saved.length != 4 || saved[0] < 1 || saved[1] < 1 || saved[2] < 0 || saved[2] >= saved[0]) {
            throw new IllegalArgumentException("the place in the accumulation cannot be read");
        }
        current = Math.toIntExact(saved[0]);
        next = Math.toIntExact(saved[1]);
        position = Math.toIntExact(saved[2]);
        iteration = saved[3];
    }

    /** Ends an iteration. */
    public void endIteration() {
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

    /** {@return whether, between iterations, a step has begun} */
    public boolean underWay() {
        return position > 0;
    }

    /** {@return whether this micro-batch is the first of its step} */
    public boolean first() {
        return position == 0;
    }

    /** {@return whether the step comes after this micro-batch} */
    public boolean last() {
        return position + 1 >= current || left() <= 1;
    }

    /** {@return the micro-batches of this step} */
    public int size() {
        return (int) Math.min(current, position + Math.max(1, left()));
    }

    /** {@return the micro-batches of the next step} */
    public int microBatches() {
        return next;
    }

    /**
     * Changes the number of micro-batches, from the next step on.
     *
     * @param microBatches at least 1
     * @throws IllegalArgumentException if it is less
     */
    public void setMicroBatches(int microBatches) {
        if (microBatches < 1) {
            throw new IllegalArgumentException("accumulate is " + microBatches + ", expected 1 or more");
        }
        next = microBatches;
    }

    /** {@return the steps of the whole run at this number of micro-batches} */
    public long plannedSteps() {
        return mode == Progress.Mode.BY_EPOCH
                ? (long) epochs * Math.ceilDiv(perEpoch, next)
                : Math.ceilDiv(iterations, (long) next);
    }
}
