// SPDX-License-Identifier: Apache-2.0
package org.hookline.hook.gradientaccumulationschedule.internal;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hookline.api.Progress;
import org.hookline.api.UserError;
import org.hookline.api.options.Nearest;

/**
 * How many micro-batches make a step, over time.
 *
 * @param steps micro-batches by the epoch or iteration from which on they hold
 * @param byEpoch whether epochs are counted
 */
record AccumulationSchedule(NavigableMap<Long, Integer> steps, boolean byEpoch) {
    private static final Pattern ENTRY = Pattern.compile("\\s*(\\d{1,18})\\s*:\\s*(\\d{1,9})\\s*");
    private static final String HOOK = "GradientAccumulationScheduleHook: ";

    static AccumulationSchedule of(AccumulationScheduleConfig c) {
        String by = c.by().strip();
        List<String> known = List.of("epoch", "iteration");
        if (!known.contains(by)) {
            throw new UserError(HOOK + "by is '" + c.by() + "'" + Nearest.suggest(by, known));
        }
        NavigableMap<Long, Integer> steps = new TreeMap<>();
        for (String entry : c.schedule()) {
            Matcher m = ENTRY.matcher(entry);
            if (!m.matches() || Integer.parseInt(m.group(2)) < 1) {
                throw new UserError(HOOK + "schedule has '" + entry
                        + "', expected 'when: micro-batches' with at least 1 of them, such as '4: 2'");
            }
            if (steps.put(Long.valueOf(m.group(1)), Integer.valueOf(m.group(2))) != null) {
                throw new UserError(HOOK + "schedule has " + by + " " + m.group(1) + " twice in "
                        + Arrays.toString(c.schedule()) + ", expected each once");
            }
        }
        if (steps.isEmpty()) {
            throw new UserError(HOOK + "schedule is empty, expected entries such as '4: 2'");
        }
        return new AccumulationSchedule(steps, by.equals("epoch"));
    }

    /**
     * The micro-batches of a step that begins with an iteration.
     *
     * @param iteration from 0
     * @param p the run
     * @return the number, or empty before the first entry
     */
    OptionalInt at(long iteration, Progress p) {
        Map.Entry<Long, Integer> entry = steps.floorEntry(byEpoch ? iteration / p.innerIterations() : iteration);
        return entry == null ? OptionalInt.empty() : OptionalInt.of(entry.getValue());
    }
}
