// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** What a contestant did: milliseconds of an iteration, one value for each stretch. */
final class Result {
    /**
     * Iterations of all before the parameters are compared again, none of which counts. Later on rounding and the place
     * of epsilon part those that do the same, and no tolerance tells them from one that does something else.
     */
    static final int COMPARED_AFTER = 10;

    private static final double TOLERANCE_AT_START = 1e-5;

    /**
     * Measured at that moment, relative to Hookline: DL4J, which puts epsilon elsewhere in Adam's step, at most 2.3e-4
     * (ResNet), always the same; all else, bf16 included, at most 3.3e-5. Twice the learning rate parts by 3.3e-4 (the
     * deep MLP) to 1.7e-2 (ResNet). With the turns of half a second DL4J was 8e-3 off on the MLP.
     */
    private static final double TOLERANCE_LATER = 3e-4;

    private final String name;
    private final List<Double> times = new ArrayList<>();
    private volatile double startNorm;
    private volatile double laterNorm;

    Result(String name) {
        this.name = name;
    }

    void starts(double norm) {
        startNorm = norm;
    }

    void add(double milliseconds) {
        times.add(milliseconds);
    }

    /** It has done {@link #COMPARED_AFTER} iterations. */
    void compared(double norm) {
        laterNorm = norm;
    }

    /** {@return the same without its first stretches} */
    Result without(int first) {
        Result rest = new Result(name);
        rest.times.addAll(times.subList(first, times.size()));
        rest.startNorm = startNorm;
        rest.laterNorm = laterNorm;
        return rest;
    }

    /** Adds what another process did from the same start. */
    void addTurn(Result turn) {
        times.addAll(turn.times);
        startNorm = turn.startNorm;
        laterNorm = turn.laterNorm;
    }

    String name() {
        return name;
    }

    List<Double> times() {
        return times;
    }

    /**
     * Makes sure that all did the same work.
     *
     * @param all started from the same parameters, if this returns, and were near one another after
     *     {@link #COMPARED_AFTER} iterations
     */
    static void checkSameWork(List<Result> all) {
        Result first = all.getFirst();
        for (Result other : all) {
            differ(first, first.startNorm, other, other.startNorm, TOLERANCE_AT_START, "at the start");
            differ(first, first.laterNorm, other, other.laterNorm, TOLERANCE_LATER,
                    "after " + COMPARED_AFTER + " iterations");
        }
    }

    private static void differ(Result a, double normA, Result b, double normB, double limit, String when) {
        if (!(Math.abs(normA - normB) <= limit * normA)) {
            throw new IllegalStateException("not the same work: " + when + " the norm of the parameters is "
                    + normA + " with " + a.name + " and " + normB + " with " + b.name);
        }
    }
}
