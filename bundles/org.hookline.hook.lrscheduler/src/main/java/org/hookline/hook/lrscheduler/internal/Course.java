// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.lrscheduler.internal;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How far a run is on its way through a curve, in the optimizer steps that were planned when it began. Where the
 * accumulation changes in the middle, the steps that are left count for more or less than one, so that the curve
 * neither jumps nor misses its end.
 */
final class Course {
    private final long iterations;
    private long planned;
    private long seen;
    private double position;
    private long steps;

    /**
     * Begins.
     *
     * @param iterations of the whole run
     */
    Course(long iterations) {
        this.iterations = iterations;
    }

    /**
     * Gives the position.
     *
     * @param stepsDone optimizer steps done
     * @param plannedNow optimizer steps of the whole run at the accumulation of now
     * @return the position, up to {@link #planned}; the number of steps, while the accumulation is that of the start
     */
    double at(long stepsDone, long plannedNow) {
        if (stepsDone < steps) {
            // The optimizer was put back to an earlier moment: how far that was on the way is told by its steps alone.
            position = 0;
            steps = 0;
        }
        if (seen == 0) {
            planned = plannedNow;
            seen = plannedNow;
        } else if (plannedNow != seen && plannedNow > 0) {
            position = position(stepsDone);
            steps = stepsDone;
            seen = plannedNow;
        }
        return position(stepsDone);
    }

    private double position(long stepsDone) {
        return position + (stepsDone - steps) * ((double) planned / Math.max(1, seen));
    }

    /** {@return the length of the way} */
    long planned() {
        return planned;
    }

    Map<String, Object> save() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("iterations", iterations);
        state.put("planned", planned);
        state.put("seen", seen);
        state.put("position", position);
        state.put("steps", steps);
        return state;
    }

    /**
     * Goes on where another was. A run that was made longer or shorter is another way, and is taken from its start.
     *
     * @param state of the other
     */
    void load(Map<?, ?> state) {
        if (number(state, "iterations").longValue() == iterations) {
            planned = number(state, "planned").longValue();
            seen = number(state, "seen").longValue();
            position = number(state, "position").doubleValue();
            steps = number(state, "steps").longValue();
        }
    }

    private static Number number(Map<?, ?> state, String key) {
        if (state.get(key) instanceof Number n) {
            return n;
        }
        throw new IllegalArgumentException("state of a schedule has no number '" + key + "'");
    }
}
