// SPDX-License-Identifier: Apache-2.0
package org.hookline.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** What a contestant did: milliseconds of an iteration, one value for each stretch. */
final class Result {
    private final String name;
    private final List<Double> times = new ArrayList<>();
    private volatile double startNorm;
    private volatile double endNorm;

    Result(String name) {
        this.name = name;
    }

    void starts(double norm) {
        startNorm = norm;
    }

    void add(double milliseconds) {
        times.add(milliseconds);
    }

    void ends(double norm) {
        endNorm = norm;
    }

    /** {@return the same without its first stretches} */
    Result without(int first) {
        Result rest = new Result(name);
        rest.times.addAll(times.subList(first, times.size()));
        rest.startNorm = startNorm;
        rest.endNorm = endNorm;
        return rest;
    }

    /** Adds what another process did from the same start. */
    void addTurn(Result turn) {
        times.addAll(turn.times);
        startNorm = turn.startNorm;
        endNorm = turn.endNorm;
    }

    String name() {
        return name;
    }

    List<Double> times() {
        return times;
    }

    double endNorm() {
        return endNorm;
    }

    /**
     * Makes sure that all did the same work.
     *
     * @param all started from the same parameters, if this returns, and ended near one another
     */
    static void checkSameWork(List<Result> all) {
        Result first = all.getFirst();
        for (Result other : all) {
            differ(first, first.startNorm, other, other.startNorm, 1e-5, "start");
            // Sums in another order, and another place of epsilon, part them slowly.
            differ(first, first.endNorm, other, other.endNorm, 0.05, "end");
        }
    }

    private static void differ(Result a, double normA, Result b, double normB, double limit, String when) {
        if (!(Math.abs(normA - normB) <= limit * normA)) {
            throw new IllegalStateException("not the same work: at the " + when + " the norm of the parameters is "
                    + normA + " with " + a.name + " and " + normB + " with " + b.name);
        }
    }
}
